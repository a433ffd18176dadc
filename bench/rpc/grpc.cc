#include <grpcpp/grpcpp.h>

#include <chrono>

#include "core/diag.hpp"
#include "rival.hpp"
#include "wire/rpc/covey.grpc.pb.h"

namespace covey::bench {
namespace {

class Server final : public v1::Inference::Service {
 public:
  explicit Server(size_t request_bytes) : model_(MakeModel(request_bytes)) {}

  grpc::Status Infer(grpc::ServerContext*, const v1::InferRequest* request,
                     v1::InferResponse* response) override {
    const v1::Tensor& in = request->inputs(0);
    HostTensor input{in.name(),
                     static_cast<ElementType>(in.dtype()),
                     std::vector<int32_t>(in.dims().begin(), in.dims().end()),
                     {}};
    const auto bytes = std::as_bytes(std::span(in.data()));
    input.data.assign(bytes.begin(), bytes.end());
    std::vector<HostTensor> outputs;
    NoDiag diag;
    if (!model_->Run(std::span(&input, 1), outputs, diag).ok()) Fail("gRPC: run");
    response->set_request_id(request->request_id());
    v1::Tensor& out = *response->add_outputs();
    out.set_name(outputs[0].name);
    out.set_dtype(v1::DTYPE_UINT8);
    for (int32_t dim : outputs[0].dims) out.add_dims(dim);
    out.set_data(outputs[0].data.data(), outputs[0].data.size());
    return grpc::Status::OK;
  }

 private:
  std::unique_ptr<serve::Model> model_;
};

class Grpc final : public Rival {
 public:
  explicit Grpc(size_t request_bytes)
      : service_(request_bytes), inputs_(MakeInputs(request_bytes)) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    if (!server_) Fail("gRPC: listen");
    stub_ = v1::Inference::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                                       grpc::InsecureChannelCredentials()));
  }
  ~Grpc() override { server_->Shutdown(); }

  void Call() override {
    v1::InferRequest request;
    request.set_model("model");
    request.set_request_id(++id_);
    v1::Tensor& in = *request.add_inputs();
    in.set_name(inputs_[0].name);
    in.set_dtype(v1::DTYPE_UINT8);
    for (int32_t dim : inputs_[0].dims) in.add_dims(dim);
    in.set_data(inputs_[0].data.data(), inputs_[0].data.size());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    v1::InferResponse response;
    if (!stub_->Infer(&context, request, &response).ok() ||
        response.outputs(0).data().size() != kReplyBytes)
      Fail("gRPC: reply");
  }

 private:
  Server service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::Inference::Stub> stub_;
  std::vector<HostTensor> inputs_;
  uint64_t id_ = 0;
};

}  // namespace

std::unique_ptr<Rival> MakeGrpc(size_t request_bytes) {
  return std::make_unique<Grpc>(request_bytes);
}

}  // namespace covey::bench
