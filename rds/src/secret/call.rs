//! The calls to Secrets Manager.

use anyhow::{Context as _, Result};
use common::call::Call as _;
use common::fault::is_missing;
use common::session::Session;
use common::tags::{missing, secret_tags};
use common::wait::while_refused;

use super::{Content, Kept, Password, SETTLES_WITHIN, Secret, Version, token};
use crate::names::{COMPONENT, Names};

/// The secret of this name, whoever made it, deleted ones included.
pub async fn look(session: &Session, names: &Names) -> Result<Option<Secret>> {
    let call = session.aws.secrets_manager().describe_secret().secret_id(&names.secret);
    let secret = match call.send().await.cannot(format_args!("look up the secret {}", names.secret)) {
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

pub async fn create(session: &Session, names: &Names, content: &Content) -> Result<Kept> {
    let text = content.with_password(&Password::make()?);
    let tags = secret_tags(&session.identity.tags_of(COMPONENT, &names.secret));
    let answer = session
        .aws
        .secrets_manager()
        .create_secret()
        .name(&names.secret)
        .description(format!("Master user of the database {}", names.identifier))
        .client_request_token(token::of(&session.identity, names, content, None))
        .secret_string(&text)
        .set_tags(Some(tags))
        .send()
        .await
        .cannot(format_args!("create the secret {}", names.secret))?;
    let version = Version::of(answer.version_id, &text);
    Ok(Kept { arn: answer.arn.context("Secrets Manager named no ARN")?, version: Some(version) })
}

pub async fn put(
    session: &Session,
    names: &Names,
    content: &Content,
    replaced: Option<&str>,
    text: String,
) -> Result<Version> {
    let answer = session
        .aws
        .secrets_manager()
        .put_secret_value()
        .secret_id(&names.secret)
        .client_request_token(token::of(&session.identity, names, content, replaced))
        .secret_string(&text)
        .send()
        .await
        .cannot(format_args!("write the secret {}", names.secret))?;
    Ok(Version::of(answer.version_id, &text))
}

pub async fn read(session: &Session, names: &Names) -> Result<Version> {
    let what = format!("secret {} to be readable", names.secret);
    // A secret that was had back a moment ago may still answer that it is being deleted.
    let answer = while_refused(session, &["InvalidRequestException"], &what, SETTLES_WITHIN, async || {
        let call = session.aws.secrets_manager().get_secret_value().secret_id(&names.secret);
        call.send().await.cannot(format_args!("read the secret {}", names.secret))
    })
    .await?;
    Ok(Version::of(answer.version_id, answer.secret_string.as_deref().unwrap_or_default()))
}

pub async fn restore(session: &Session, names: &Names, found: &Secret) -> Result<()> {
    if !found.is_deleted {
        return Ok(());
    }
    let call = async {
        let call = session.aws.secrets_manager().restore_secret().secret_id(&names.secret);
        call.send().await.cannot(format_args!("take the secret {} back from its deletion", names.secret))
    };
    session.change(format_args!("secret {}: back from its deletion", names.secret), call).await?;
    Ok(())
}

pub async fn retag(session: &Session, names: &Names, found: &Secret) -> Result<()> {
    let value = |key: &str| {
        let tag = found.tags.iter().find(|tag| tag.key() == Some(key))?;
        tag.value().map(str::to_owned)
    };
    let absent = missing(&session.identity.tags_of(COMPONENT, &names.secret), value);
    if absent.is_empty() {
        return Ok(());
    }
    let keys: Vec<&str> = absent.iter().map(|(key, _)| key.as_str()).collect();
    let call = async {
        let call = session.aws.secrets_manager().tag_resource().secret_id(&names.secret);
        call.set_tags(Some(secret_tags(&absent)))
            .send()
            .await
            .cannot(format_args!("tag the secret {}", names.secret))
    };
    session.change(format_args!("secret {}: tags {}", names.secret, keys.join(", ")), call).await?;
    Ok(())
}
