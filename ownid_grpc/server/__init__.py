"""The only place that knows gRPC and the contract's messages."""
