"""What the service does, in plain values: knows neither gRPC nor any database."""
