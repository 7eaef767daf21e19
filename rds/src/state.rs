//! Where an instance or a snapshot stands on its way.

use aws_sdk_rds::types::DbInstance;
use common::wait::State;

/// Ready for clients. While AWS rearranges storage a database works as before.
const USABLE: [&str; 4] =
    ["available", "storage-optimization", "storage-config-upgrade", "storage-initialization"];

/// It will not get out of these by itself.
const STUCK: [&str; 14] = [
    "failed",
    "incompatible-create",
    "incompatible-credentials",
    "incompatible-network",
    "incompatible-option-group",
    "incompatible-parameters",
    "incompatible-restore",
    "inaccessible-encryption-credentials",
    "inaccessible-encryption-credentials-recoverable",
    "insufficient-capacity",
    "restore-error",
    "stopped",
    "storage-full",
    "deleting",
];

/// An instance in these can be deleted only without a final snapshot.
const NO_SNAPSHOT: [&str; 3] = ["failed", "incompatible-network", "incompatible-restore"];

pub fn status(found: &DbInstance) -> &str {
    found.db_instance_status().unwrap_or("unknown")
}

pub fn is_deleting(found: &DbInstance) -> bool {
    status(found) == "deleting"
}

pub fn is_stuck(found: &DbInstance) -> bool {
    STUCK.contains(&status(found))
}

pub fn takes_no_snapshot(found: &DbInstance) -> bool {
    NO_SNAPSHOT.contains(&status(found))
}

/// Usable, with an endpoint. A new instance is `available` more than once before it stays so: it counts where nothing is pending and the
/// first backup is behind it, or where the look before saw it usable too.
pub fn of(found: &DbInstance, was_usable: bool) -> State {
    let status = status(found);
    if is_stuck(found) {
        return State::Failed(reason(found));
    }
    if !USABLE.contains(&status) {
        return State::Pending(status.to_owned());
    }
    if found.endpoint().and_then(|endpoint| endpoint.address()).is_none() {
        return State::Pending(format!("{status}, without an endpoint"));
    }
    if has_pending(found) && !was_usable {
        return State::Pending(format!("{status}, with changes pending"));
    }
    if !is_backed_up(found) && !was_usable {
        return State::Pending(format!("{status}, before its first backup"));
    }
    State::Ready
}

pub fn is_usable(found: &DbInstance) -> bool {
    USABLE.contains(&status(found))
}

/// AWS's status, with what can be done about it where one word does not say.
fn reason(found: &DbInstance) -> String {
    let status = status(found);
    let hint = match status {
        "stopped" => ": start it with `aws rds start-db-instance`",
        "storage-full" => ": give it more with --storage and --max-storage",
        "incompatible-parameters" => ": correct them with --parameter",
        "deleting" => ": another run takes it down",
        _ => "",
    };
    format!("AWS says {status}{hint}")
}

/// Whether there is something to restore from, or none is wanted: AWS begins the first backup right after it first says `available`.
fn is_backed_up(found: &DbInstance) -> bool {
    found.backup_retention_period().unwrap_or_default() == 0 || found.latest_restorable_time().is_some()
}

fn has_pending(found: &DbInstance) -> bool {
    found.pending_modified_values().is_some_and(|pending| {
        *pending != aws_sdk_rds::types::PendingModifiedValues::builder().build()
            && *pending
                != aws_sdk_rds::types::PendingModifiedValues::builder()
                    .set_processor_features(Some(Vec::new()))
                    .build()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_rds::types::{Endpoint, PendingModifiedValues};

    fn instance(status: &str) -> aws_sdk_rds::types::builders::DbInstanceBuilder {
        DbInstance::builder().db_instance_status(status)
    }

    fn endpoint() -> Endpoint {
        Endpoint::builder().address("expense-dev-mysql.abc.us-east-1.rds.amazonaws.com").port(3306).build()
    }

    #[test]
    fn an_early_available_does_not_count() {
        assert!(matches!(of(&instance("available").build(), true), State::Pending(_)));
        let pending = PendingModifiedValues::builder().multi_az(true).build();
        let found = instance("available").endpoint(endpoint()).pending_modified_values(pending).build();
        assert!(matches!(of(&found, false), State::Pending(_)));
        assert_eq!(of(&found, true), State::Ready);
        let nothing = PendingModifiedValues::builder().build();
        let found = instance("available").endpoint(endpoint()).pending_modified_values(nothing).build();
        assert_eq!(of(&found, false), State::Ready);
    }

    #[test]
    fn a_first_available_before_the_first_backup_does_not_count() {
        let fresh = instance("available").endpoint(endpoint()).backup_retention_period(7);
        assert!(matches!(of(&fresh.clone().build(), false), State::Pending(_)));
        assert_eq!(of(&fresh.clone().build(), true), State::Ready);
        let backed_up = fresh.latest_restorable_time(aws_sdk_rds::primitives::DateTime::from_secs(1));
        assert_eq!(of(&backed_up.build(), false), State::Ready);
    }

    #[test]
    fn storage_being_optimised_is_usable() {
        assert_eq!(of(&instance("storage-optimization").endpoint(endpoint()).build(), false), State::Ready);
    }

    #[test]
    fn what_never_will_be_ready_is_told_with_awss_word() {
        for status in ["failed", "incompatible-network", "storage-full", "restore-error"] {
            let State::Failed(reason) = of(&instance(status).build(), true) else {
                panic!("{status} is not a failure");
            };
            assert!(reason.contains(status));
        }
        for status in ["creating", "backing-up", "configuring-log-exports", "modifying", "rebooting"] {
            assert!(
                matches!(of(&instance(status).endpoint(endpoint()).build(), true), State::Pending(_)),
                "{status}"
            );
        }
    }
}
