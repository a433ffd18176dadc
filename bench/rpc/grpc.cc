// The same service over gRPC: synchronous server and stub, TCP on loopback, the messages of
// covey.proto.
#include <grpcpp/grpcpp.h>

#include <stdexcept>

#include "bench/rpc/echo.hpp"
#include "bench/rpc/way.hpp"
#include "wire/rpc/covey.grpc.pb.h"

namespace covey::bench {
namespace {

class Service final : public v1::Inference::Service {
  grpc::Status Infer(grpc::ServerContext*, const v1::InferRequest* request,
                     v1::InferResponse* response) override {
    if (request->inputs_size() != 1 || request->inputs(0).data().empty()) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "expected one input"};
    }
    response->set_request_id(request->request_id());
    v1::Tensor* output = response->add_outputs();
    output->set_name("reply");
    output->set_dtype(v1::DTYPE_UINT8);
    output->add_dims(static_cast<int32_t>(kReplyBytes));
    std::string& data = *output->mutable_data();
    data.resize(kReplyBytes);
    Answer(std::as_bytes(std::span(request->inputs(0).data())),
           std::as_writable_bytes(std::span(data)));
    return grpc::Status::OK;
  }
};

class OverGrpc final : public Way {
 public:
  OverGrpc() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    if (!server_) throw std::runtime_error("grpc: the server did not start");
    stub_ = v1::Inference::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                                       grpc::InsecureChannelCredentials()));
  }
  ~OverGrpc() override {
    stub_.reset();
    server_->Shutdown();
  }
  const char* name() const override { return "gRPC (sync)"; }

  void Call(std::span<const std::byte> request, std::vector<std::byte>& reply) override {
    request_.set_model("echo");
    request_.set_request_id(++id_);
    if (request_.inputs_size() == 0) request_.add_inputs();
    v1::Tensor& input = *request_.mutable_inputs(0);
    input.set_dtype(v1::DTYPE_UINT8);
    input.clear_dims();
    input.add_dims(static_cast<int32_t>(request.size()));
    input.set_data(request.data(), request.size());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    const grpc::Status status = stub_->Infer(&context, request_, &response_);
    if (!status.ok()) throw std::runtime_error("grpc: " + status.error_message());
    if (response_.outputs_size() != 1) throw std::runtime_error("grpc: expected one output");
    const auto bytes = std::as_bytes(std::span(response_.outputs(0).data()));
    reply.assign(bytes.begin(), bytes.end());
  }

 private:
  Service service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::Inference::Stub> stub_;
  v1::InferRequest request_;
  v1::InferResponse response_;
  uint64_t id_ = 0;
};

}  // namespace

std::unique_ptr<Way> MakeGrpc() { return std::make_unique<OverGrpc>(); }

}  // namespace covey::bench
