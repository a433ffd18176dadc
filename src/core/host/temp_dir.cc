#include "core/host/temp_dir.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace covey {
namespace {

namespace fs = std::filesystem;

// What is to be removed on a signal: the handler's thread has no other way to the objects.
struct Living {
  struct Entry {
    pid_t owner;  // a fork without exec copies the list, but not the duty
    fs::path path;
  };
  std::mutex mutex;
  std::vector<Entry> entries;
};
Living& TheLiving() {
  static Living* living = new Living;  // Never destroyed: the thread below may outlast main().
  return *living;
}

void Remove(const fs::path& path) {
  std::error_code error;
  // Another thread or a child may still write into it: what came in between goes with the next try.
  for (int i = 0; i < 10 && fs::exists(path, error); ++i) fs::remove_all(path, error);
}

int signal_pipe[2] = {-1, -1};

void Tell(int signal) {
  const auto number = static_cast<unsigned char>(signal);
  (void)!write(signal_pipe[1], &number, 1);
}

// Not in the handler: removing a tree takes calls that are not safe there.
void RemoveAndEnd() {
  unsigned char number = 0;
  if (read(signal_pipe[0], &number, 1) != 1) return;
  Living& living = TheLiving();
  living.mutex.lock();  // For good: nobody makes another one.
  for (const Living::Entry& entry : living.entries) {
    if (entry.owner == getpid()) Remove(entry.path);
  }
  (void)signal(number, SIG_DFL);
  (void)raise(number);
}

}  // namespace

TempDir::TempDir(std::string_view name) {
  std::error_code error;
  const fs::path parent = fs::temp_directory_path(error);
  if (error) return;
  std::string made = (parent / (std::string(name) + "-XXXXXX")).string();
  Living& living = TheLiving();
  const std::lock_guard lock(living.mutex);
  if (mkdtemp(made.data()) == nullptr) return;
  path_ = made;
  living.entries.push_back({getpid(), path_});
}

TempDir::~TempDir() {
  if (path_.empty()) return;
  Remove(path_);
  Living& living = TheLiving();
  const std::lock_guard lock(living.mutex);
  std::erase_if(living.entries, [&](const Living::Entry& entry) { return entry.path == path_; });
}

bool TempDir::Write(const fs::path& file, std::string_view bytes) const {
  const fs::path path = path_ / file;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream to(path, std::ios::binary);
  to.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  to.close();
  return to.good();
}

void RemoveTempDirsOnSignal() {
  if (signal_pipe[0] >= 0 || pipe2(signal_pipe, O_CLOEXEC) != 0) return;
  std::thread(RemoveAndEnd).detach();
  struct sigaction action = {};
  action.sa_handler = Tell;
  action.sa_flags = SA_RESTART;
  for (const int number : {SIGHUP, SIGINT, SIGTERM}) {
    struct sigaction before = {};
    // A shell's background job may ignore them, and goes on doing so.
    if (sigaction(number, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    (void)sigaction(number, &action, nullptr);
  }
}

}  // namespace covey
