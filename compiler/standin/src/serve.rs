//! Starts as Terraform starts its plugins: a handshake on standard output, then calls over a socket of our own.
//!
//! The socket lies in a folder that only this user can enter. The connection is encrypted when Terraform asks for it
//! (it does unless told otherwise), with a certificate that lives as long as the process. Terraform's own certificate
//! is not checked: its key is of a kind that the TLS library does not know, and the socket's folder is the wall.

use std::env;
use std::io::{self, Write as _};
use std::os::unix::process::parent_id;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use thiserror::Error;
use tokio::net::UnixListener;
use tokio::sync::Notify;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::server::ServerTlsConfig;
use tonic::transport::{Identity, Server};

use crate::provider::Provider;
use crate::service::{Controller, Service};
use crate::wire::provider_server::ProviderServer;
use crate::wire::transport::grpc_controller_server::GrpcControllerServer;

/// How Terraform says that it is the one who starts the plugin.
const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// A plan of thousands of resources stays far below; a state that is larger is refused by Terraform too.
const LARGEST_MESSAGE: usize = 256 << 20;

/// Why serving ended early.
#[derive(Debug, Error)]
pub enum Failed {
    /// A person started it.
    #[error(
        "this program stands in for a Terraform provider and is started by Terraform; `aipress rehearse` sets it up"
    )]
    NotByTerraform,
    /// No socket, no folder, or standard output is closed.
    #[error("cannot talk to Terraform: {0}")]
    Socket(#[from] io::Error),
    /// No certificate.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The connection.
    #[error("the connection to Terraform failed: {0}")]
    Transport(#[from] tonic::transport::Error),
}

/// Checks that Terraform started this process.
///
/// # Errors
/// Nobody said the word that Terraform says.
pub fn started_by_terraform() -> Result<(), Failed> {
    let said = env::var(COOKIE.0).is_ok_and(|value| value == COOKIE.1);
    if said { Ok(()) } else { Err(Failed::NotByTerraform) }
}

/// Serves until Terraform says that it is done, or is gone.
///
/// # Errors
/// No socket, no certificate, or a connection that breaks.
pub async fn serve(provider: Provider) -> Result<(), Failed> {
    let terraform = parent_id();
    let folder = tempfile::Builder::new().prefix("aipress-standin-").tempdir()?;
    let socket = folder.path().join("socket");
    let listener = UnixListener::bind(&socket)?;
    let mut server = Server::builder();
    let mut certificate = String::new();
    if env::var("PLUGIN_CLIENT_CERT").is_ok_and(|text| !text.is_empty()) {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let identity = Identity::from_pem(own.cert.pem(), own.signing_key.serialize_pem());
        server = server.tls_config(ServerTlsConfig::new().identity(identity))?;
        certificate = STANDARD_NO_PAD.encode(own.cert.der());
    }
    shake_hands(&socket, &certificate)?;
    let end = Arc::new(Notify::new());
    let service = ProviderServer::new(Service::new(Arc::new(provider)))
        .max_decoding_message_size(LARGEST_MESSAGE)
        .max_encoding_message_size(LARGEST_MESSAGE);
    let controller = GrpcControllerServer::new(Controller::new(Arc::clone(&end)));
    server
        .add_service(service)
        .add_service(controller)
        .serve_with_incoming_shutdown(UnixListenerStream::new(listener), async move { ended(&end, terraform).await })
        .await?;
    Ok(())
}

/// How often to look whether Terraform still lives.
const LOOK: Duration = Duration::from_millis(500);

/// Waits for Terraform's word, or for its end: killed, it says nothing, and nobody else would end this process.
async fn ended(end: &Notify, terraform: u32) {
    while tokio::time::timeout(LOOK, end.notified()).await.is_err() {
        if parent_id() != terraform {
            return;
        }
    }
}

/// Says where the socket is: core protocol 1, provider protocol 5.
fn shake_hands(socket: &Path, certificate: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "1|5|unix|{}|grpc|{certificate}", socket.display())?;
    out.flush()
}
