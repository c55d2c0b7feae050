//! `wss://` against a real TLS server, with certificates made here: cases 5 and 6 of the list of
//! faults.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::WebPkiClientVerifier,
    },
};
use wirebond_client::{
    BuildErrorKind, Builder, Client, ConnectError, ConnectErrorKind, ErrorKind, Roots, State,
};

use crate::support::{Wire, millis, secs};

/// An authority of one test.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> Vec<u8> {
        self.0.pem().into_bytes()
    }

    /// A certificate and its key, as PEM.
    fn issue(
        &self,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> (String, String) {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }
}

fn server(identity: &(String, String), clients: Option<&Authority>) -> TlsAcceptor {
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(&authority.pem()).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let (chain, key) = identity;
    let chain = vec![CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    TlsAcceptor::from(Arc::new(builder.with_single_cert(chain, key).unwrap()))
}

/// Connects once to a server with this acceptor, as `host`.
async fn connect(
    acceptor: TlsAcceptor,
    host: &str,
    change: impl FnOnce(Builder) -> Builder,
) -> (Result<(), ConnectError>, Client) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        // A client that refuses the certificate ends the handshake.
        let Ok(stream) = acceptor.accept(tcp).await else { return };
        let mut wire = Wire { stream };
        if wire.try_upgrade().await {
            wire.serve().await;
        }
    });
    let client = change(Client::builder(format!("wss://{host}:{port}/"))).build().unwrap();
    let result = client.connect().await;
    if result.is_ok() {
        client.send("chat", &"over TLS").await.unwrap();
        client.flush().await.unwrap();
        client.disconnect().await;
        serving.await.unwrap();
    } else {
        serving.abort();
    }
    (result, client)
}

fn trusting(authority: &Authority) -> impl FnOnce(Builder) -> Builder {
    let pem = authority.pem();
    move |builder| builder.tls_roots(Roots::Pem(pem))
}

#[tokio::test]
async fn a_sound_certificate_of_a_trusted_authority_is_accepted() {
    let authority = Authority::new("ours");
    let acceptor = server(&authority.issue(&["localhost", "127.0.0.1"], |_| {}), None);
    for host in ["localhost", "127.0.0.1"] {
        let (result, client) = connect(acceptor.clone(), host, trusting(&authority)).await;
        result.unwrap();
        assert_eq!(client.stats().confirmed, 1);
    }
}

/// Case 6: a certificate that is refused is terminal, and the error says what is wrong with it.
#[tokio::test]
async fn case_06_certificates_that_are_refused() {
    let (authority, stranger) = (Authority::new("ours"), Authority::new("a stranger"));
    let expired = authority.issue(&["localhost"], |params| {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
    });
    let early = authority.issue(&["localhost"], |params| {
        params.not_before = date_time_ymd(3001, 1, 1);
        params.not_after = date_time_ymd(3002, 1, 1);
    });
    let wrong_name = authority.issue(&["elsewhere.test"], |_| {});
    let unknown = stranger.issue(&["localhost"], |_| {});
    for (identity, message) in [
        (expired, "expired"),
        (early, "not valid yet"),
        (wrong_name, "not valid for"),
        (unknown, "UnknownIssuer"),
    ] {
        let (result, client) =
            connect(server(&identity, None), "localhost", trusting(&authority)).await;
        let error = result.expect_err(message);
        assert_eq!(*error.kind(), ConnectErrorKind::Certificate, "{error}");
        assert!(error.to_string().contains(message), "{message}: {error}");
        assert_eq!(client.state(), State::Closed, "terminal: {error}");
    }
    // The platform doesn't know our authority either, even where it has no certificates at all.
    let acceptor = server(&authority.issue(&["localhost"], |_| {}), None);
    let (result, client) = connect(acceptor, "localhost", |builder| builder).await;
    assert_eq!(*result.unwrap_err().kind(), ConnectErrorKind::Certificate);
    assert_eq!(client.state(), State::Closed);
}

#[tokio::test]
async fn a_server_may_demand_a_certificate_of_the_client() {
    let authority = Authority::new("ours");
    let identity = authority.issue(&["localhost"], |_| {});
    let acceptor = server(&identity, Some(&authority));
    let (chain, key) = authority.issue(&["client"], |_| {});
    let roots = authority.pem();
    let (result, _) = connect(acceptor.clone(), "localhost", move |builder| {
        builder.tls_roots(Roots::Pem(roots)).client_certificate(chain, key)
    })
    .await;
    result.unwrap();

    // Without a client certificate the server closes; with TLS 1.3 this shows after the handshake.
    let (result, client) = connect(acceptor, "localhost", trusting(&authority)).await;
    let error = result.unwrap_err();
    assert!(matches!(error.kind(), ConnectErrorKind::Tls | ConnectErrorKind::Io), "{error}");
    assert_ne!(client.state(), State::Open);
}

#[tokio::test]
async fn case_05_a_handshake_that_stalls_meets_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let holding = tokio::spawn(async move {
        let held = listener.accept().await.unwrap();
        std::future::pending::<()>().await;
        drop(held);
    });
    let client = Client::builder(format!("wss://localhost:{port}/"))
        .tls_roots(Roots::Pem(Authority::new("ours").pem()))
        .connect_timeout(millis(300))
        .build()
        .unwrap();
    let error = client.connect().await.unwrap_err();
    assert_eq!(*error.kind(), ConnectErrorKind::Timeout, "{error}");
    assert_eq!(client.state(), State::Idle);
    holding.abort();
}

#[tokio::test]
async fn a_server_without_tls_is_an_error_of_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        Wire { stream }.raw(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    });
    let client = Client::builder(format!("wss://localhost:{port}/"))
        .tls_roots(Roots::Pem(Authority::new("ours").pem()))
        .connect_timeout(secs(5))
        .build()
        .unwrap();
    let error = client.connect().await.unwrap_err();
    assert!(matches!(error.kind(), ConnectErrorKind::Tls | ConnectErrorKind::Io), "{error}");
    serving.await.unwrap();
}

#[test]
fn certificates_that_are_none_are_refused_before_anything_is_connected() {
    let (chain, key) = Authority::new("ours").issue(&["client"], |_| {});
    let build = |change: fn(Builder, String, String) -> Builder| {
        change(Client::builder("wss://localhost/"), chain.clone(), key.clone()).build()
    };
    for (result, message) in [
        (
            build(|builder, _, _| builder.tls_roots(Roots::Pem(b"no PEM".to_vec()))),
            "no certificate",
        ),
        (build(|builder, _, key| builder.tls_roots(Roots::Pem(key.into()))), "no certificate"),
        (build(|builder, chain, _| builder.client_certificate(chain, "no key")), "key is not PEM"),
        (build(|builder, _, key| builder.client_certificate("", key)), "no certificate"),
    ] {
        let error = result.expect_err(message);
        assert_eq!(*error.kind(), BuildErrorKind::Tls);
        assert!(error.to_string().contains(message), "{error}");
    }
    assert!(build(Builder::client_certificate).is_ok());
    assert!(build(|builder, chain, _| builder.tls_roots(Roots::Pem(chain.into()))).is_ok());
}

#[cfg(feature = "tls-webpki-roots")]
#[tokio::test]
async fn mozillas_roots_do_not_know_our_authority() {
    let authority = Authority::new("ours");
    let acceptor = server(&authority.issue(&["localhost"], |_| {}), None);
    let (result, _) =
        connect(acceptor, "localhost", |builder| builder.tls_roots(Roots::Mozilla)).await;
    assert_eq!(*result.unwrap_err().kind(), ConnectErrorKind::Certificate);
}

#[cfg(feature = "tls-native")]
#[tokio::test]
async fn native_tls_is_there_where_it_is_chosen() {
    use wirebond_client::native_tls::{Certificate, TlsConnector};

    let authority = Authority::new("ours");
    let acceptor = server(&authority.issue(&["localhost"], |_| {}), None);
    let root = Certificate::from_pem(&authority.pem()).unwrap();
    let trusting = TlsConnector::builder().add_root_certificate(root).build().unwrap();
    let (result, client) =
        connect(acceptor.clone(), "localhost", |builder| builder.native_tls(trusting)).await;
    result.unwrap();
    assert_eq!(client.stats().confirmed, 1);

    let distrusting = TlsConnector::new().unwrap();
    let (result, client) =
        connect(acceptor, "localhost", |builder| builder.native_tls(distrusting)).await;
    let error = result.unwrap_err();
    assert_eq!(*error.kind(), ConnectErrorKind::Certificate, "{error}");
    assert_eq!(client.state(), State::Closed);
}

/// The same server, offering these protocols by ALPN.
fn with_alpn(acceptor: &TlsAcceptor, protocols: &[&str]) -> TlsAcceptor {
    let mut config = (**acceptor.config()).clone();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

/// A configuration of the client's own that trusts this authority and offers these protocols.
fn client_config(authority: &Authority, protocols: &[&str]) -> Arc<ClientConfig> {
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&authority.pem()).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

#[tokio::test]
async fn case_71_a_tls_configuration_that_offers_h2_is_told_what_to_do() {
    let authority = Authority::new("ours");
    let plain = server(&authority.issue(&["localhost"], |_| {}), None);
    // h2 alone can't work.
    let error = Client::builder("wss://localhost/")
        .tls_config(client_config(&authority, &["h2"]))
        .build()
        .unwrap_err();
    assert_eq!(*error.kind(), BuildErrorKind::Tls);
    for part in ["h2", "http/1.1", "alpn_protocols"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    // With http/1.1 in the list as well, the result depends on the server's choice.
    for (theirs, ours, message) in [
        (&["h2", "http/1.1"][..], &["h2", "http/1.1"][..], Some("chose h2")),
        (&["http/1.1"], &["h2", "http/1.1"], None),
        (&["h2", "http/1.1"], &["http/1.1"], None),
        (&["h2", "http/1.1"], &[], None),
        (&[], &["h2", "http/1.1"], None),
        (&["h2"], &["http/1.1"], Some("http/1.1")),
    ] {
        let acceptor = with_alpn(&plain, theirs);
        let config = client_config(&authority, ours);
        let (result, _) =
            connect(acceptor, "localhost", |builder| builder.tls_config(config)).await;
        let label = format!("{theirs:?} and {ours:?}: {result:?}");
        match (result, message) {
            (Ok(()), None) => {}
            (Err(error), Some(message)) => {
                assert_eq!(*error.kind(), ConnectErrorKind::Tls, "{label}");
                assert!(error.to_string().contains(message), "{label}");
                assert!(error.to_string().contains("alpn_protocols"), "{label}");
            }
            _ => panic!("{label}"),
        }
    }
}

#[tokio::test]
async fn case_71_a_peer_that_speaks_something_else_is_named() {
    for (scheme, answer, message) in [
        ("ws", &b"\x15\x03\x03\x00\x02\x02\x46"[..], "wss://"),
        ("ws", b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80", "HTTP/2"),
        ("wss", b"HTTP/1.1 400 Bad Request\r\n\r\n", "ws://"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = [0; 16];
            tokio::io::AsyncReadExt::read_exact(&mut stream, &mut seen).await.unwrap();
            Wire { stream: &mut stream }.raw(answer).await;
            // Until the client has read it: an early end would reset the connection.
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        });
        let client = Client::builder(format!("{scheme}://localhost:{port}/"))
            .tls_roots(Roots::Pem(Authority::new("ours").pem()))
            .connect_timeout(secs(5))
            .build()
            .unwrap();
        let error = client.connect().await.unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        serving.await.unwrap();
    }
}

/// A captive portal has a certificate of its own for every host.
#[tokio::test]
async fn case_64_a_strangers_certificate_in_an_outage_is_a_failed_attempt() {
    let (authority, stranger) = (Authority::new("ours"), Authority::new("a portal"));
    let ours = server(&authority.issue(&["localhost"], |_| {}), None);
    let expired = server(
        &authority.issue(&["localhost"], |params| params.not_after = date_time_ymd(2002, 1, 1)),
        None,
    );
    let elsewhere = server(&authority.issue(&["portal.test"], |_| {}), None);
    let theirs = server(&stranger.issue(&["localhost"], |_| {}), None);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let client = Client::builder(format!("wss://localhost:{port}/"))
        .tls_roots(Roots::Pem(authority.pem()))
        .reconnect_interval(millis(20))
        .build()
        .unwrap();
    let errors = Arc::new(std::sync::Mutex::new(Vec::new()));
    let note = Arc::clone(&errors);
    client.on_error(move |error| note.lock().unwrap().push(*error.kind()));
    let serving = tokio::spawn(async move {
        let accept = async |acceptor: &TlsAcceptor| {
            acceptor.accept(listener.accept().await.unwrap().0).await
        };
        let mut first = Wire { stream: accept(&ours).await.unwrap() };
        first.upgrade().await;
        drop(first);
        for lie in [theirs, expired, elsewhere] {
            accept(&lie).await.expect_err("the client refuses it");
        }
        let mut last = Wire { stream: accept(&ours).await.unwrap() };
        last.upgrade().await;
        last
    });
    client.connect().await.unwrap();
    let wire = serving.await.unwrap();
    crate::support::reaches(&client, State::Open).await;
    let refused = ErrorKind::Connect(ConnectErrorKind::Certificate);
    let count = errors.lock().unwrap().iter().filter(|kind| **kind == refused).count();
    assert_eq!(count, 3, "reported as what it is: {:?}", errors.lock().unwrap());
    drop(wire);
}
