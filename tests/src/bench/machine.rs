//! What it was measured on, and when.

use std::fs;
use std::thread::available_parallelism;

/// How the running binary was built: `debug` or `release`.
pub const PROFILE: &str = if cfg!(debug_assertions) { "debug" } else { "release" };

/// A line with everything a reader needs to judge the figures.
#[must_use]
pub fn describe() -> String {
    let now = time::OffsetDateTime::now_utc();
    let cores = available_parallelism().map_or(0, usize::from);
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = field("/proc/meminfo", "MemTotal").and_then(|text| kilobytes(&text)).unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?").to_owned();
    format!(
        "Measured on {}, {} {}, {cores} cores ({model}), {} of memory, load {load}; commands built with the \
         {PROFILE} profile unless said otherwise; against the loopback AWS in this process.\n",
        now.date(),
        std::env::consts::OS,
        std::env::consts::ARCH,
        super::statistics::megabytes(memory),
    )
}

/// A field of one of the kernel's `name: value` files.
#[must_use]
pub fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Bytes, of `1234 kB`.
#[must_use]
pub fn kilobytes(text: &str) -> Option<u64> {
    let number: u64 = text.strip_suffix("kB")?.trim().parse().ok()?;
    number.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kernel_counts_in_units_of_1024() {
        assert_eq!(super::kilobytes("2 kB"), Some(2048));
        assert_eq!(super::kilobytes("2 MB"), None);
    }
}
