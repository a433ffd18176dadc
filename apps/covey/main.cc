#include "apps/covey/command.hpp"

int main(int argc, char** argv) { return covey::app::Main(argc, argv); }
