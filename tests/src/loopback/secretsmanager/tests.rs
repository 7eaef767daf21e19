//! What Secrets Manager promises, by calls as a client makes them but for the wire.

use serde_json::{Value as Json, json};

use crate::loopback::{Options, Server};

fn server() -> Server {
    Server::start(&Options { time_scale: 1.0, seed: Some(1), ..Options::default() }).unwrap()
}

fn call(server: &Server, action: &str, params: Json) -> Result<Json, String> {
    server.drift("us-east-1", "secretsmanager", action, params).map_err(|error| error.code)
}

fn create(server: &Server, token: char, value: &str) -> Result<Json, String> {
    let token = token.to_string().repeat(32);
    let params = json!({"Name": "expense/dev/mysql", "ClientRequestToken": token, "SecretString": value});
    call(server, "CreateSecret", params)
}

#[test]
fn the_same_token_makes_the_same_secret() {
    let server = server();
    let made = create(&server, 'a', "one").unwrap();
    assert_eq!(create(&server, 'a', "one").unwrap(), made);
    assert_eq!(create(&server, 'a', "two"), Err("ResourceExistsException".to_owned()));
    assert_eq!(create(&server, 'b', "one"), Err("ResourceExistsException".to_owned()));
}

#[test]
fn a_secret_is_found_by_name_arn_and_arn_without_its_suffix() {
    let server = server();
    let arn = create(&server, 'a', "one").unwrap()["ARN"].as_str().unwrap().to_owned();
    for id in ["expense/dev/mysql", &arn, &arn[..arn.len() - 7]] {
        assert_eq!(call(&server, "GetSecretValue", json!({"SecretId": id})).unwrap()["SecretString"], "one");
    }
    let missing = call(&server, "GetSecretValue", json!({"SecretId": "expense/dev"}));
    assert_eq!(missing, Err("ResourceNotFoundException".to_owned()));
}

#[test]
fn a_new_value_is_current_and_the_one_before_previous() {
    let server = server();
    create(&server, 'a', "one").unwrap();
    call(&server, "PutSecretValue", json!({"SecretId": "expense/dev/mysql", "SecretString": "two"})).unwrap();
    call(&server, "UpdateSecret", json!({"SecretId": "expense/dev/mysql", "SecretString": "three"})).unwrap();
    let value = |stage: &str| {
        let params = json!({"SecretId": "expense/dev/mysql", "VersionStage": stage});
        call(&server, "GetSecretValue", params).unwrap()["SecretString"].clone()
    };
    assert_eq!([value("AWSCURRENT"), value("AWSPREVIOUS")], ["three", "two"]);
}

#[test]
fn a_deleted_secret_keeps_its_name_until_its_window_has_passed() {
    let server = server();
    create(&server, 'a', "one").unwrap();
    let delete = |others: &Json| {
        let mut params = others.clone();
        params["SecretId"] = json!("expense/dev/mysql");
        call(&server, "DeleteSecret", params).map(|_| ())
    };
    assert_eq!(delete(&json!({"RecoveryWindowInDays": 6})), Err("InvalidParameterException".to_owned()));
    delete(&json!({"RecoveryWindowInDays": 7})).unwrap();
    let refused = Err("InvalidRequestException".to_owned());
    assert_eq!(create(&server, 'a', "one"), refused);
    assert_eq!(call(&server, "GetSecretValue", json!({"SecretId": "expense/dev/mysql"})), refused);
    call(&server, "RestoreSecret", json!({"SecretId": "expense/dev/mysql"})).unwrap();
    delete(&json!({"ForceDeleteWithoutRecovery": true})).unwrap();
    create(&server, 'b', "two").unwrap();
}

#[test]
fn no_value_is_in_a_dump() {
    let server = server();
    create(&server, 'a', "hunter2hunter2").unwrap();
    assert!(!server.resources("us-east-1").to_string().contains("hunter2"));
    assert!(!server.normalised("us-east-1").to_string().contains("hunter2"));
}
