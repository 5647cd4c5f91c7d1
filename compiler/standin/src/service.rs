//! Terraform's calls: reads the values, asks the [`Provider`], writes the answer. No decision is made here.

use std::sync::Arc;

use tokio::sync::Notify;
use tonic::{Request, Response, Status};

use crate::provider::{Answer, Mode, Provider};
use crate::schema;
use crate::value::{Unreadable, Value};
use crate::wire::{self, Diagnostic, DynamicValue, provider_server, transport};

/// The server's side of the protocol.
pub struct Service {
    provider: Arc<Provider>,
}

impl Service {
    /// Serves a provider.
    #[must_use]
    pub fn new(provider: Arc<Provider>) -> Self {
        Self { provider }
    }

    fn validate(
        &self,
        mode: Mode,
        request: Request<wire::ValidateRequest>,
    ) -> Result<Response<wire::ValidateResponse>, Status> {
        let request = request.into_inner();
        let config = read(request.config.as_ref())?;
        let diagnostics = self.provider.validate(mode, &request.type_name, &config).err().unwrap_or_default();
        Ok(Response::new(wire::ValidateResponse { diagnostics }))
    }
}

/// The server's side of the transport: ends the process when asked.
pub struct Controller {
    end: Arc<Notify>,
}

impl Controller {
    /// Tells `end` when Terraform wants the process to end.
    #[must_use]
    pub fn new(end: Arc<Notify>) -> Self {
        Self { end }
    }
}

#[tonic::async_trait]
impl transport::grpc_controller_server::GrpcController for Controller {
    async fn shutdown(&self, _: Request<transport::Empty>) -> Result<Response<transport::Empty>, Status> {
        self.end.notify_one();
        Ok(Response::new(transport::Empty {}))
    }
}

fn read(value: Option<&DynamicValue>) -> Result<Value, Status> {
    wire::read(value).map_err(|error: Unreadable| Status::invalid_argument(error.to_string()))
}

/// Splits an answer into what Terraform wants of it: a value or none, and what is wrong.
fn split<T>(answer: Answer<T>) -> (Option<T>, Vec<Diagnostic>) {
    match answer {
        Ok(value) => (Some(value), Vec::new()),
        Err(found) => (None, found),
    }
}

fn write(value: Option<Value>) -> Option<DynamicValue> {
    value.map(|value| DynamicValue::of(&value))
}

#[tonic::async_trait]
impl provider_server::Provider for Service {
    async fn get_schema(&self, _: Request<wire::SchemaRequest>) -> Result<Response<wire::SchemaResponse>, Status> {
        Ok(Response::new(schema::response(&self.provider.table)))
    }

    async fn prepare_provider_config(
        &self,
        request: Request<wire::PrepareRequest>,
    ) -> Result<Response<wire::PrepareResponse>, Status> {
        let prepared_config = request.into_inner().config;
        Ok(Response::new(wire::PrepareResponse { prepared_config, diagnostics: Vec::new() }))
    }

    async fn configure(
        &self,
        request: Request<wire::ConfigureRequest>,
    ) -> Result<Response<wire::ConfigureResponse>, Status> {
        self.provider.configure(read(request.into_inner().config.as_ref())?);
        Ok(Response::new(wire::ConfigureResponse { diagnostics: Vec::new() }))
    }

    async fn validate_resource_type_config(
        &self,
        request: Request<wire::ValidateRequest>,
    ) -> Result<Response<wire::ValidateResponse>, Status> {
        self.validate(Mode::Resource, request)
    }

    async fn validate_data_source_config(
        &self,
        request: Request<wire::ValidateRequest>,
    ) -> Result<Response<wire::ValidateResponse>, Status> {
        self.validate(Mode::Data, request)
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<wire::ValidateRequest>,
    ) -> Result<Response<wire::ValidateResponse>, Status> {
        self.validate(Mode::Ephemeral, request)
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<wire::UpgradeRequest>,
    ) -> Result<Response<wire::UpgradeResponse>, Status> {
        let request = request.into_inner();
        let stored = request.raw_state.unwrap_or_default().json;
        let stored = serde_json::from_slice(&stored).map_err(|error| Status::invalid_argument(error.to_string()))?;
        let (state, diagnostics) = split(self.provider.upgrade(&request.type_name, &stored));
        Ok(Response::new(wire::UpgradeResponse { upgraded_state: write(state), diagnostics }))
    }

    async fn read_resource(&self, request: Request<wire::ReadRequest>) -> Result<Response<wire::ReadResponse>, Status> {
        let request = request.into_inner();
        let answer =
            wire::ReadResponse { new_state: request.current_state, diagnostics: Vec::new(), private: request.private };
        Ok(Response::new(answer))
    }

    async fn plan_resource_change(
        &self,
        request: Request<wire::PlanRequest>,
    ) -> Result<Response<wire::PlanResponse>, Status> {
        let request = request.into_inner();
        let (prior, proposed) = (read(request.prior_state.as_ref())?, read(request.proposed_new_state.as_ref())?);
        let answer = self.provider.plan(&request.type_name, &prior, &proposed, &request.prior_private);
        Ok(Response::new(match answer {
            Ok(planned) => wire::PlanResponse {
                planned_state: write(Some(planned.state)),
                requires_replace: planned.replacing.iter().map(|path| wire::path(path)).collect(),
                planned_private: planned.private,
                diagnostics: Vec::new(),
                legacy_type_system: true,
            },
            Err(diagnostics) => wire::PlanResponse { diagnostics, ..wire::PlanResponse::default() },
        }))
    }

    async fn apply_resource_change(
        &self,
        request: Request<wire::ApplyRequest>,
    ) -> Result<Response<wire::ApplyResponse>, Status> {
        let request = request.into_inner();
        let (prior, planned) = (read(request.prior_state.as_ref())?, read(request.planned_state.as_ref())?);
        let (state, diagnostics) = split(self.provider.apply(&request.type_name, &prior, &planned));
        // What failed is as it was before.
        let new_state = write(state).or(request.prior_state);
        Ok(Response::new(wire::ApplyResponse { new_state, private: Vec::new(), diagnostics, legacy_type_system: true }))
    }

    async fn import_resource_state(
        &self,
        request: Request<wire::ImportRequest>,
    ) -> Result<Response<wire::ImportResponse>, Status> {
        let request = request.into_inner();
        let (found, diagnostics) = split(self.provider.import(&request.type_name, &request.id));
        let imported = |(state, private)| wire::ImportedResource {
            type_name: request.type_name.clone(),
            state: write(Some(state)),
            private,
        };
        Ok(Response::new(wire::ImportResponse {
            imported_resources: found.into_iter().map(imported).collect(),
            diagnostics,
        }))
    }

    async fn read_data_source(
        &self,
        request: Request<wire::DataRequest>,
    ) -> Result<Response<wire::DataResponse>, Status> {
        let request = request.into_inner();
        let config = read(request.config.as_ref())?;
        let (state, diagnostics) = split(self.provider.look_up(Mode::Data, &request.type_name, &config));
        Ok(Response::new(wire::DataResponse { state: write(state), diagnostics }))
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<wire::OpenRequest>,
    ) -> Result<Response<wire::OpenResponse>, Status> {
        let request = request.into_inner();
        let config = read(request.config.as_ref())?;
        let (result, diagnostics) = split(self.provider.look_up(Mode::Ephemeral, &request.type_name, &config));
        Ok(Response::new(wire::OpenResponse { diagnostics, result: write(result) }))
    }

    async fn close_ephemeral_resource(
        &self,
        _: Request<wire::CloseRequest>,
    ) -> Result<Response<wire::CloseResponse>, Status> {
        Ok(Response::new(wire::CloseResponse::default()))
    }

    async fn get_functions(
        &self,
        _: Request<wire::FunctionsRequest>,
    ) -> Result<Response<wire::FunctionsResponse>, Status> {
        Ok(Response::new(wire::FunctionsResponse::default()))
    }

    async fn stop(&self, _: Request<wire::StopRequest>) -> Result<Response<wire::StopResponse>, Status> {
        Ok(Response::new(wire::StopResponse::default()))
    }
}
