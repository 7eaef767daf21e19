//! The calls to Secrets Manager.

use anyhow::{Context as _, Result};

use super::{Place, SETTLES_WITHIN, Secret, Version};
use crate::call::Call as _;
use crate::fault::is_missing;
use crate::session::Session;
use crate::tags::{missing, secret_tags};
use crate::wait::while_refused;

/// The secret of this name, whoever made it, deleted ones included.
///
/// # Errors
/// AWS's refusal.
pub async fn look(session: &Session, name: &str) -> Result<Option<Secret>> {
    let call = session.aws.secrets_manager().describe_secret().secret_id(name);
    let secret = match call.send().await.cannot(format_args!("look up the secret {name}")) {
        Ok(secret) => secret,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let staged = |stage: &str| {
        let versions = secret.version_ids_to_stages()?;
        versions.iter().find(|(_, stages)| stages.iter().any(|it| it == stage)).map(|(id, _)| id.clone())
    };
    Ok(Some(Secret {
        current: staged("AWSCURRENT"),
        previous: staged("AWSPREVIOUS"),
        is_deleted: secret.deleted_date().is_some(),
        tags: secret.tags().to_vec(),
        arn: secret.arn.context("Secrets Manager named no ARN")?,
    }))
}

/// Makes it, tagged. Answers its ARN and its first version.
///
/// # Errors
/// AWS's refusal.
pub async fn create(
    session: &Session,
    place: &Place<'_>,
    token: String,
    text: String,
) -> Result<(String, Version)> {
    let tags = secret_tags(&session.identity.tags_of(place.component, place.name));
    let answer = session
        .aws
        .secrets_manager()
        .create_secret()
        .name(place.name)
        .description(&place.description)
        .client_request_token(token)
        .secret_string(&text)
        .set_tags(Some(tags))
        .send()
        .await
        .cannot(format_args!("create the secret {}", place.name))?;
    let arn = answer.arn.context("Secrets Manager named no ARN")?;
    Ok((arn, Version { id: answer.version_id, text }))
}

/// Writes a new version, which is in force from then on.
///
/// # Errors
/// AWS's refusal.
pub async fn put(session: &Session, name: &str, token: String, text: String) -> Result<Version> {
    let answer = session
        .aws
        .secrets_manager()
        .put_secret_value()
        .secret_id(name)
        .client_request_token(token)
        .secret_string(&text)
        .send()
        .await
        .cannot(format_args!("write the secret {name}"))?;
    Ok(Version { id: answer.version_id, text })
}

/// Reads the version in force.
///
/// # Errors
/// AWS's refusal.
pub async fn read(session: &Session, name: &str) -> Result<Version> {
    let what = format!("secret {name} to be readable");
    // A secret that was had back a moment ago may still answer that it is being deleted.
    let answer = while_refused(session, &["InvalidRequestException"], &what, SETTLES_WITHIN, async || {
        let call = session.aws.secrets_manager().get_secret_value().secret_id(name);
        call.send().await.cannot(format_args!("read the secret {name}"))
    })
    .await?;
    Ok(Version { id: answer.version_id, text: answer.secret_string.unwrap_or_default() })
}

/// Takes it back where it is scheduled for deletion.
///
/// # Errors
/// AWS's refusal.
pub async fn restore(session: &Session, name: &str, found: &Secret) -> Result<()> {
    if !found.is_deleted {
        return Ok(());
    }
    let call = async {
        let call = session.aws.secrets_manager().restore_secret().secret_id(name);
        call.send().await.cannot(format_args!("take the secret {name} back from its deletion"))
    };
    session.change(format_args!("secret {name}: back from its deletion"), call).await?;
    Ok(())
}

/// Puts back the tags that are missing or differ, the person's own included.
///
/// # Errors
/// AWS's refusal.
pub async fn retag(session: &Session, component: &str, name: &str, found: &Secret) -> Result<()> {
    let value = |key: &str| {
        let tag = found.tags.iter().find(|tag| tag.key() == Some(key))?;
        tag.value().map(str::to_owned)
    };
    let absent = missing(&session.identity.tags_of(component, name), value);
    if absent.is_empty() {
        return Ok(());
    }
    let keys: Vec<&str> = absent.iter().map(|(key, _)| key.as_str()).collect();
    let call = async {
        let call = session.aws.secrets_manager().tag_resource().secret_id(name);
        call.set_tags(Some(secret_tags(&absent))).send().await.cannot(format_args!("tag the secret {name}"))
    };
    session.change(format_args!("secret {name}: tags {}", keys.join(", ")), call).await?;
    Ok(())
}
