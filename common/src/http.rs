//! The HTTP client under every AWS call: one TLS stack (rustls with ring), the system's trust store or the bundle of `AWS_CA_BUNDLE`,
//! and proxies as the environment says.
//!
//! The SDK's own client reads and parses the root certificates again for each service's client, before the first call is made. Here
//! this is done once, for TLS only, and on a thread of its own while the document is still being read.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use crate::fault::Fault;

/// The longest wait for a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections of all services, a pool for each pair of timeouts.
#[derive(Debug, Clone)]
pub struct Http {
    tls: TlsContext,
    pools: Arc<Mutex<BTreeMap<Timeouts, SharedHttpConnector>>>,
}

/// For a connection, and for the first byte of an answer.
type Timeouts = (Option<Duration>, Option<Duration>);

impl Http {
    /// Reads `AWS_CA_BUNDLE` where it is set, and starts to get TLS ready unless the endpoint is one without.
    ///
    /// # Errors
    /// A usage fault where the bundle cannot be read or is none.
    pub fn new(endpoint_url: Option<&str>) -> Result<Self> {
        let trust = match std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) {
            None => TrustStore::default(),
            Some(path) => {
                let path = PathBuf::from(path);
                let unusable = |why: String| {
                    Fault::usage(format!("cannot read AWS_CA_BUNDLE {}: {why}", path.display()))
                };
                let bundle = std::fs::read(&path).map_err(|error| unusable(error.to_string()))?;
                check(&bundle).map_err(unusable)?;
                TrustStore::empty().with_pem_certificate(bundle)
            }
        };
        let tls = TlsContext::builder().with_trust_store(trust).build().context("cannot set up TLS")?;
        let http = Self { tls, pools: Arc::default() };
        let endpoint = endpoint_url.map(str::to_owned).or_else(|| std::env::var("AWS_ENDPOINT_URL").ok());
        if !endpoint.is_some_and(|url| is_plain(&url)) {
            http.warm();
        }
        Ok(http)
    }

    /// Gets TLS ready for the first call, on a thread of its own.
    fn warm(&self) {
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
        let pool = Pool::new(&settings, &self.tls);
        let warming = pool.clone();
        self.pools().insert(timeouts(&settings), SharedHttpConnector::new(pool));
        // Where no thread can be had the first call does it.
        let _ = thread::Builder::new().name("tls".into()).spawn(move || {
            warming.secure();
        });
    }

    fn pools(&self) -> MutexGuard<'_, BTreeMap<Timeouts, SharedHttpConnector>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpClient for Http {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let mut pools = self.pools();
        let made = || SharedHttpConnector::new(Pool::new(settings, &self.tls));
        pools.entry(timeouts(settings)).or_insert_with(made).clone()
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("hyper", Some("1.x".into())))
    }
}

/// The SDK takes for granted that a bundle is one, and breaks where it is not.
fn check(bundle: &[u8]) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(bundle) {
        let certificate = certificate.map_err(|error| format!("it is not PEM ({error})"))?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() { Err("it has no certificate in it".to_owned()) } else { Ok(()) }
}

fn timeouts(settings: &HttpConnectorSettings) -> Timeouts {
    (settings.connect_timeout(), settings.read_timeout())
}

/// The connections with one pair of timeouts. Without TLS for endpoints that have none, such as a loopback AWS.
#[derive(Debug, Clone)]
struct Pool {
    timeouts: Timeouts,
    tls: TlsContext,
    connectors: Arc<Connectors>,
}

#[derive(Debug, Default)]
struct Connectors {
    plain: OnceLock<Connector>,
    secure: OnceLock<Connector>,
}

impl Pool {
    fn new(settings: &HttpConnectorSettings, tls: &TlsContext) -> Self {
        Self { timeouts: timeouts(settings), tls: tls.clone(), connectors: Arc::default() }
    }

    fn builder(&self) -> ConnectorBuilder {
        let (connect, read) = self.timeouts;
        let mut settings = HttpConnectorSettings::builder();
        settings.set_connect_timeout(connect).set_read_timeout(read);
        Connector::builder().enable_tcp_nodelay(true).connector_settings(settings.build())
    }

    fn secure(&self) -> &Connector {
        self.connectors.secure.get_or_init(|| {
            self.builder()
                .proxy_config(ProxyConfig::from_env())
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(self.tls.clone())
                .build()
        })
    }

    fn plain(&self) -> &Connector {
        self.connectors.plain.get_or_init(|| self.builder().build_http())
    }
}

impl HttpConnector for Pool {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = if is_plain(request.uri()) { self.plain() } else { self.secure() };
        connector.call(request)
    }
}

/// Whether a URL is reached without TLS: not where a proxy is between, since the way to the proxy itself may want it.
fn is_plain(url: &str) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    url.starts_with("http:")
        && !["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].into_iter().any(is_set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_that_is_none_is_refused_before_the_sdk_sees_it() {
        let pem = |body: &str| format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
        for bad in [String::new(), "no PEM".into(), pem("!!!!"), pem("AAAA")] {
            assert!(check(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
