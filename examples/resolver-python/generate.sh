#!/bin/sh
# Makes the messages and the service of Python from proto/, into dist/generated/.
set -eu
cd "$(dirname "$0")"
rm -rf dist/generated
mkdir -p dist/generated
python -m grpc_tools.protoc -I ../../proto --python_out=dist/generated --grpc_python_out=dist/generated \
  syncline/v1/resolver_service.proto syncline/v1/resolver.proto syncline/v1/changes.proto \
  syncline/v1/records.proto syncline/v1/errors.proto
