//! What a load balancer answers by itself.

use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue, LOCATION, SERVER};
use hyper::{Response, StatusCode};

use super::matching::Asked;
use crate::loopback::elbv2::fixed_response::FixedResponse;
use crate::loopback::elbv2::redirect::Redirect;

/// A target's answer as it comes, or one of the load balancer's own.
pub type Body = Either<Full<Bytes>, Incoming>;

/// As load balancers call themselves.
const NAME: HeaderValue = HeaderValue::from_static("awselb/2.0");

/// A status with the little page that load balancers show for it.
#[must_use]
pub fn page(status: StatusCode) -> Response<Body> {
    // Two reasons that AWS words in an older way.
    let reason = match status {
        StatusCode::SERVICE_UNAVAILABLE => "Service Temporarily Unavailable",
        StatusCode::GATEWAY_TIMEOUT => "Gateway Time-out",
        _ => status.canonical_reason().unwrap_or_default(),
    };
    let title = format!("{} {reason}", status.as_u16());
    let html = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    own(status, "text/html", html)
}

/// A fixed response, as its rule says.
#[must_use]
pub fn fixed(response: &FixedResponse) -> Response<Body> {
    let status = response.status.parse().unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let kind = match response.content_type.as_deref() {
        Some(kind) => format!("{kind}; charset=utf-8"),
        None => "text/plain; charset=utf-8".to_owned(),
    };
    own(status, &kind, response.body.clone().unwrap_or_default())
}

/// A redirect, its templates filled in from the request.
#[must_use]
pub fn redirect(redirect: &Redirect, asked: &Asked, port: u16) -> Response<Body> {
    let status =
        if redirect.status == "HTTP_301" { StatusCode::MOVED_PERMANENTLY } else { StatusCode::FOUND };
    let mut response = page(status);
    if let Ok(location) = HeaderValue::from_str(&location(&redirect.parts, asked, port)) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// Where to: `https://host:443/path?query`, the port always among it.
fn location(parts: &[String], asked: &Asked, port: u16) -> String {
    let query = asked.query.as_deref().unwrap_or_default();
    let filled = |part: &String| {
        let path = asked.path.trim_start_matches('/');
        // In this order, so that nothing that came with the request is taken for a template.
        let mut text = part.clone();
        for (template, value) in [
            ("#{protocol}", "http"),
            ("#{port}", port.to_string().as_str()),
            ("#{host}", asked.host.as_str()),
            ("#{path}", path),
            ("#{query}", query),
        ] {
            text = text.replace(template, value);
        }
        text
    };
    let filled: Vec<String> = parts.iter().map(filled).collect();
    let [protocol, port, host, path, query] = filled.as_slice() else { return String::new() };
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    format!("{}://{host}:{port}{path}{query}", protocol.to_lowercase())
}

fn own(status: StatusCode, kind: &str, text: String) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::new(Bytes::from(text))));
    *response.status_mut() = status;
    response.headers_mut().insert(SERVER, NAME);
    if let Ok(kind) = HeaderValue::from_str(kind) {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    response
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::{Asked, location};

    #[test]
    fn a_redirect_keeps_what_it_does_not_change() {
        let request = Request::get("/a/b?x=1").header("host", "www.example.com:8080").body(()).unwrap();
        let asked = Asked::of(&request, "192.0.2.1".parse().unwrap()).unwrap();
        let to = |parts: [&str; 5]| location(&parts.map(str::to_owned), &asked, 8080);
        assert_eq!(
            to(["HTTPS", "443", "#{host}", "/#{path}", "#{query}"]),
            "https://www.example.com:443/a/b?x=1"
        );
        assert_eq!(
            to(["#{protocol}", "#{port}", "new.#{host}", "/v2/#{path}", ""]),
            "http://new.www.example.com:8080/v2/a/b"
        );
    }
}
