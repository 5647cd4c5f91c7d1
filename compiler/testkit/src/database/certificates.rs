//! A server's certificate with an authority of its own. As on Cloud SQL the name in it is not the address.

use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};

use super::Certificate;

/// Writes certificate and key into a folder, and returns the authority's certificate.
pub fn write(folder: &Path, certificate: Certificate) -> String {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let mut server = CertificateParams::new(vec!["instance.database.invalid".to_owned()]).unwrap();
    if certificate == Certificate::Expired {
        (server.not_before, server.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    }
    let key = KeyPair::generate().unwrap();
    let signed = server.signed_by(&key, &issuer).unwrap();
    fs::write(folder.join("server.pem"), signed.pem()).unwrap();
    fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    root.pem()
}
