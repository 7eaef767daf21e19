//! What a load balancer changes in the head of a request that it forwards, and of an answer.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use hyper::header::{self, Entry, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Uri, Version};

use crate::loopback::tag::Tags;

/// What is between two neighbours and not passed on (RFC 9110, 7.6.1).
const BETWEEN_NEIGHBOURS: [HeaderName; 7] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    // The load balancer has said itself that it takes the body.
    header::EXPECT,
];
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// Makes of a client's request the one that a target gets. `port` is the listener's.
pub fn prepare<B>(request: &mut Request<B>, attributes: &Tags, client: SocketAddr, port: u16) {
    let on =
        |name: &str| attributes.get(&format!("routing.http.{name}.enabled")).is_some_and(|v| v == "true");
    let target = request.uri().path_and_query().map_or("/", |path| path.as_str()).parse();
    *request.uri_mut() = target.unwrap_or_else(|_| Uri::from_static("/"));
    *request.version_mut() = Version::HTTP_11;
    let headers = request.headers_mut();
    strip(headers);
    if on("drop_invalid_header_fields") {
        drop_invalid(headers);
    }
    if !on("preserve_host_header") {
        complete_host(headers, port);
    }
    let mode = attributes.get("routing.http.xff_header_processing.mode").map_or("append", String::as_str);
    let shown = if on("xff_client_port") { client.to_string() } else { client.ip().to_string() };
    forwarded_for(headers, mode, &shown);
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static("http"));
    headers.insert(FORWARDED_PORT, HeaderValue::from(port));
    trace(headers);
}

/// Takes away what is only between two neighbours, with what `Connection` itself says is.
pub fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in BETWEEN_NEIGHBOURS.iter().chain(&named) {
        headers.remove(name);
    }
}

/// Valid are letters, digits and hyphens.
fn drop_invalid(headers: &mut HeaderMap) {
    let valid = |name: &HeaderName| name.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let invalid: Vec<HeaderName> = headers.keys().filter(|name| !valid(name)).cloned().collect();
    for name in invalid {
        headers.remove(name);
    }
}

/// Adds the listener's port to the host where it is not a usual one. (AWS: "Host header preservation".)
fn complete_host(headers: &mut HeaderMap, port: u16) {
    if matches!(port, 80 | 443) {
        return;
    }
    if let Entry::Occupied(mut host) = headers.entry(HOST) {
        let text = host.get().to_str().unwrap_or_default();
        if !text.contains(':')
            && let Ok(complete) = HeaderValue::from_str(&format!("{text}:{port}"))
        {
            host.insert(complete);
        }
    }
}

fn forwarded_for(headers: &mut HeaderMap, mode: &str, client: &str) {
    match mode {
        "remove" => {
            headers.remove(FORWARDED_FOR);
        }
        "preserve" => {}
        _ => {
            let before = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
            let all: Vec<&str> = before.chain([client]).collect();
            if let Ok(all) = HeaderValue::from_str(&all.join(", ")) {
                headers.insert(FORWARDED_FOR, all);
            }
        }
    }
}

/// Gives a request that has none an id to trace it by: `Root=1-`, the time, and a number.
fn trace(headers: &mut HeaderMap) {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let id = format!("Root=1-{seconds:08x}-{:024x}", fastrand::u128(..) >> 32);
    if let (Entry::Vacant(entry), Ok(id)) = (headers.entry(TRACE), HeaderValue::from_str(&id)) {
        entry.insert(id);
    }
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::{Tags, prepare};

    fn prepared(attributes: &[(&str, &str)], headers: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut request = Request::get("http://a.example.com/x?y=1").body(()).unwrap();
        for (name, value) in headers {
            request.headers_mut().append(name.parse::<super::HeaderName>().unwrap(), value.parse().unwrap());
        }
        let on = |(name, value): &(&str, &str)| (format!("routing.http.{name}"), (*value).to_owned());
        let attributes: Tags = attributes.iter().map(on).collect();
        prepare(&mut request, &attributes, "192.0.2.1:5000".parse().unwrap(), 8080);
        assert_eq!(request.uri(), "/x?y=1");
        let text = |(name, value): (&super::HeaderName, &super::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        let all = request.headers().iter().map(text);
        all.filter(|(name, _)| name != "x-amzn-trace-id").collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn a_target_is_told_who_asks_and_how() {
        let all =
            prepared(&[], &[("host", "a.example.com"), ("connection", "close, x-mine"), ("x-mine", "1")]);
        let wanted = [
            pair("host", "a.example.com:8080"),
            pair("x-forwarded-for", "192.0.2.1"),
            pair("x-forwarded-proto", "http"),
            pair("x-forwarded-port", "8080"),
        ];
        assert!(all.iter().all(|header| wanted.contains(header)) && all.len() == 4, "{all:?}");
    }

    #[test]
    fn attributes_say_what_becomes_of_headers() {
        let sent = [("host", "a"), ("x-forwarded-for", "203.0.113.5"), ("bad_name", "1")];
        let has = |attributes: &[(&str, &str)], name: &str, value: &str| {
            prepared(attributes, &sent).contains(&pair(name, value))
        };
        let forwarded_for = "xff_header_processing.mode";
        assert!(has(&[], "x-forwarded-for", "203.0.113.5, 192.0.2.1") && has(&[], "bad_name", "1"));
        assert!(has(&[(forwarded_for, "preserve")], "x-forwarded-for", "203.0.113.5"));
        assert!(
            !prepared(&[(forwarded_for, "remove")], &sent).iter().any(|(name, _)| name == "x-forwarded-for")
        );
        assert!(has(
            &[("xff_client_port.enabled", "true")],
            "x-forwarded-for",
            "203.0.113.5, 192.0.2.1:5000"
        ));
        assert!(!has(&[("drop_invalid_header_fields.enabled", "true")], "bad_name", "1"));
        assert!(has(&[("preserve_host_header.enabled", "true")], "host", "a"));
    }
}
