//! The shapes of identifiers in a document, checked as it is read: what stands there goes into calls that change things.

use serde::{Deserialize as _, Deserializer, de::Error};

fn hexadecimal(id: &str, prefix: &str) -> bool {
    id.strip_prefix(prefix).is_some_and(|rest| {
        (8..=17).contains(&rest.len())
            && rest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

/// A deserializer for an optional EC2 id, `<prefix><8 to 17 hexadecimal digits>`. A bad value is not repeated in the message.
macro_rules! ec2_id {
    ($($name:ident $prefix:literal),+ $(,)?) => {$(
        #[doc = concat!("`", $prefix, "` and 8 to 17 hexadecimal digits, or nothing.")]
        ///
        /// # Errors
        /// Any other text.
        pub fn $name<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
            checked(from, concat!("an id like ", $prefix, "0123456789abcdef0"), |id| hexadecimal(id, $prefix))
        }
    )+};
}

ec2_id! {
    vpc_id "vpc-",
    subnet_id "subnet-",
    internet_gateway_id "igw-",
    nat_gateway_id "nat-",
    allocation_id "eipalloc-",
    route_table_id "rtb-",
    vpc_endpoint_id "vpce-",
    vpc_peering_connection_id "pcx-",
    security_group_id "sg-",
    launch_template_id "lt-",
    image_id "ami-",
    instance_id "i-",
}

/// An ARN of any service, or nothing.
///
/// # Errors
/// Any other text.
pub fn arn<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    checked(from, "an ARN", |text| is_arn(text, None))
}

/// The ARN of a secret in Secrets Manager, or nothing: a secret itself must never stand in a document.
///
/// # Errors
/// Any other text; the text is not repeated in the message.
pub fn secret_arn<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    checked(from, "the ARN of a secret in Secrets Manager (never the secret itself)", |text| {
        is_arn(text, Some("secretsmanager"))
    })
}

fn is_arn(text: &str, service: Option<&str>) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    parts.len() == 6
        && parts[0] == "arn"
        && parts[1].starts_with("aws")
        && service.is_none_or(|service| parts[2] == service)
        && !parts[5].is_empty()
        && text.len() <= 2048
        && text.bytes().all(|b| b.is_ascii_graphic())
}

fn checked<'de, D: Deserializer<'de>>(
    from: D,
    expected: &str,
    fits: impl Fn(&str) -> bool,
) -> Result<Option<String>, D::Error> {
    match Option::<String>::deserialize(from)? {
        Some(text) if !fits(&text) => Err(D::Error::custom(format!("expected {expected}"))),
        text => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_arn_of_a_secret_passes_for_one() {
        let secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:expense-dev-mysql-a1B2c3";
        assert!(is_arn(secret, Some("secretsmanager")));
        for other in ["hunter2", "arn:aws:rds:us-east-1:123456789012:db:x", "arn:aws:secretsmanager:"] {
            assert!(!is_arn(other, Some("secretsmanager")), "{other}");
        }
    }

    #[test]
    fn an_id_is_its_prefix_and_hexadecimal_digits() {
        assert!(hexadecimal("vpc-0123456789abcdef0", "vpc-"));
        for bad in ["vpc-", "vpc-xyz", "subnet-0123456789abcdef0", "vpc-0123456789abcdef0; rm"] {
            assert!(!hexadecimal(bad, "vpc-"), "{bad}");
        }
    }
}
