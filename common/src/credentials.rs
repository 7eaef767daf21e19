//! Credentials of a profile that is named by `--profile`.
//!
//! As in the AWS CLI these go before credentials in the environment, which a person may have forgotten there; `AWS_PROFILE` does not.
//! The SDK's own chain has the environment first whoever named the profile. A profile that says nothing of credentials means those of
//! the container or the instance this runs on.

use aws_config::Region;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::region::ProvideRegion as _;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result, future};

use crate::http::Http;

/// The provider for one profile.
#[derive(Debug)]
pub struct NamedProfile {
    name: String,
    profile: ProfileFileCredentialsProvider,
    container: EcsCredentialsProvider,
    instance: ImdsCredentialsProvider,
}

impl NamedProfile {
    /// `region` is that in which a role is assumed, unless the profile names one.
    pub async fn new(name: &str, region: Option<Region>, http: Http) -> Self {
        let region = if region.is_some() {
            region
        } else {
            ProfileFileRegionProvider::builder().profile_name(name).build().region().await
        };
        let config = ProviderConfig::default().with_http_client(http).with_region(region);
        Self {
            name: name.to_owned(),
            profile: ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name).build(),
            container: EcsCredentialsProvider::builder().configure(&config).build(),
            instance: ImdsCredentialsProvider::builder().configure(&config).build(),
        }
    }

    async fn provide(&self) -> Result {
        match self.profile.provide_credentials().await {
            Err(error) if is_silent(&error) => {}
            other => return other,
        }
        for elsewhere in [&self.container as &dyn ProvideCredentials, &self.instance] {
            match elsewhere.provide_credentials().await {
                Err(CredentialsError::CredentialsNotLoaded(_)) => {}
                other => return other,
            }
        }
        let name = crate::identity::quoted(&self.name);
        Err(CredentialsError::not_loaded(format!("the profile {name} is not there or has none")))
    }
}

impl ProvideCredentials for NamedProfile {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }
}

/// Whether the profile is there and says nothing of credentials: the SDK gives that no reason, and one to a profile that is not there.
fn is_silent(error: &CredentialsError) -> bool {
    matches!(error, CredentialsError::CredentialsNotLoaded(_)) && std::error::Error::source(error).is_none()
}
