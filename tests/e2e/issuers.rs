//! Issuers with an address: the server does not wait for them, and asks them by itself.

use std::io::Read;
use std::net::TcpListener;

use plenary_tests::{PATIENCE, TestServer};

use crate::people::BR;

#[test]
fn a_silent_address_delays_nobody_and_is_asked_at_the_start() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let server = TestServer::demo_with(|launch, folder| {
        let file = folder.join("plenary.toml");
        let text = format!(
            "[[issuers]]\nname = 'https://login.example.org'\naudience = 'plenary'\nalgorithm = 'ES256'\n\
             jwks_url = 'http://{address}/jwks.json'\n"
        );
        std::fs::write(&file, text).unwrap();
        launch.arg("--config").arg(file)
    });
    assert_eq!(server.client(&BR).get("/readyz").status, 200);
    assert_eq!(server.client(&BR).get("/api/v1/plans").status, 200, "the local issuer is not held up");
    let (mut asked, _) = silent.accept().unwrap();
    asked.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut line = [0; 15];
    asked.read_exact(&mut line).unwrap();
    assert_eq!(&line, b"GET /jwks.json ");
}
