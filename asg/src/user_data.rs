//! User data: what an instance runs when it starts for the first time.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::fault::Fault;
use common::identity::quoted;

/// Bytes that EC2 takes before they are encoded.
const LARGEST: usize = 16 * 1024;

/// Reads a file of user data into base64, in which AWS takes and shows it.
///
/// # Errors
/// A usage fault where it cannot be read, is empty or too large.
pub fn read(path: &Path) -> Result<String, Fault> {
    let shown = quoted(&path.to_string_lossy());
    let mut text = Vec::new();
    let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX) + 1;
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut text))
        .map_err(|error| Fault::usage(format!("the user data {shown} cannot be read: {error}")))?;
    if text.is_empty() {
        return Err(Fault::usage(format!("the user data {shown} is empty")));
    }
    if text.len() > LARGEST {
        return Err(Fault::usage(format!("the user data {shown} is larger than 16 KiB"))
            .hint("EC2 takes no more: have it fetch the rest, or bake it into the image"));
    }
    Ok(STANDARD.encode(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_to_16_kib_are_taken() {
        let path = std::env::temp_dir().join(format!("asg-user-data-{}", std::process::id()));
        std::fs::write(&path, vec![b'x'; LARGEST]).unwrap();
        assert!(read(&path).is_ok());
        std::fs::write(&path, vec![b'x'; LARGEST + 1]).unwrap();
        assert!(read(&path).is_err());
        std::fs::write(&path, "").unwrap();
        assert!(read(&path).is_err());
        std::fs::remove_file(&path).unwrap();
        assert!(read(&path).is_err());
    }
}
