//! AccessKeys with a key pair: what they sign, and what nobody else can.

use base64::prelude::{BASE64_STANDARD, Engine};
use rstest::rstest;

use crate::support::wire::{Draft, Part, Signing};
use crate::support::{Service, ok, outcome, pair, refusal};

#[test]
fn a_key_pair_signs_once() {
    let service = Service::with_fixture();
    for signing in Signing::PAIRS {
        for method in ["GET", "POST"] {
            let mut draft = Draft::new(signing, "ListKeys", &[("PageSize", "1")]);
            draft.method = method;
            let raw = draft.sign();
            assert_eq!(outcome(&service, &raw), ok(), "{signing:?} {method}");
            assert_eq!(outcome(&service, &raw), refusal(400, "SignatureNonceUsed"), "{signing:?} {method}");
        }
        let mut late = Draft::new(signing, "ListKeys", &[]);
        late.set("Timestamp", "2026-11-22T06:00:00Z");
        assert_eq!(outcome(&service, &late.sign()), refusal(400, "InvalidTimeStamp.Expired"), "{signing:?}");
    }
}

/// Whoever knows the public key knows every text that could be taken for its secret.
#[test]
fn a_public_key_is_no_secret() {
    let service = Service::with_fixture();
    let pem = pair::public_key_pem();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let file = format!("\n{pem}");
    for secret in ["", &pem, pem.trim_end(), &file, &base64, &pair::public_key_pkcs1_pem()] {
        for signing in Signing::ALL {
            let mut draft = Draft::new(signing, "ListKeys", &[]);
            (draft.access_key_id, draft.secret) = ("pair".to_owned(), secret.to_owned());
            let expected = refusal(400, "InvalidSignatureMethod");
            assert_eq!(outcome(&service, &draft.sign()), expected, "{signing:?} {secret:?}");
        }
    }
}

/// What is signed by one key pair, shown as the work of others.
#[test]
fn a_key_pair_signs_for_its_own_access_key() {
    let blocks = format!(
        "[[account.user]]\nname = \"pairs\"\naccess_keys = [\n{{ id = \"another\", public_key = '''{OTHER_PUBLIC_KEY}''' }},\n\
         {{ id = \"off\", status = \"Inactive\", public_key = '''{}''' }}]\n",
        pair::public_key_pem()
    );
    let service = Service::with_file(&crate::support::samples::fixture_with(&blocks));
    for signing in Signing::PAIRS {
        for (access_key_id, expected) in [
            ("another", refusal(400, "SignatureDoesNotMatch")),
            ("yaoshi", refusal(400, "InvalidSignatureMethod")),
            ("off", refusal(403, "Forbidden.AccessKey")),
            ("stranger", refusal(404, "InvalidAccessKeyId.NotFound")),
        ] {
            let mut draft = Draft::new(signing, "ListKeys", &[]);
            access_key_id.clone_into(&mut draft.access_key_id);
            assert_eq!(outcome(&service, &draft.sign()), expected, "{signing:?} {access_key_id}");
        }
    }
}

/// Nobody has its private half.
const OTHER_PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAlf3BJrsQxTVE3Qi5w0Ud
kGueLreQGDo8e45/6GfT0TdOxsz1guWlwJpXc36JrlvEDa3hEiotYrlNsj6HaQFG
fDqj/yu36bOd/twnW7kKqdZX/9gj4q6LV3Grl0Lp8IJ/OPIr374rEGrrsWrYn3sH
ODA7Sg/nlEiX5c2PCoSuEAgk1FOAg0312SI0vWHgl+3x6vy9IztuySPc9mItIPXs
8Gt09W+NhI+2oWU0fp6QwlAlWLtVzzmkE+rm/BJq92JDTNIRzPJeHNzJRSqvULDz
lULRHx4fBqSo3t3Zjvp03o98h3xUdv7BQg4hXtMN5z3GM0QRavqsjROtqz/nym8E
dQIDAQAB
-----END PUBLIC KEY-----
";

/// Each writing of a signature that is right once decoded, or nearly.
#[test]
fn a_signature_is_written_in_one_way() {
    let service = Service::with_fixture();
    let v1: [fn(&str) -> String; 5] = [
        |text| text.trim_end_matches('=').to_owned(),
        |text| text.replace(['+', '/'], "-"),
        |text| format!("{text}\n"),
        |text| pair::hex(&BASE64_STANDARD.decode(text).unwrap()),
        |text| {
            let mut bytes = BASE64_STANDARD.decode(text).unwrap();
            bytes.insert(0, 0);
            BASE64_STANDARD.encode(bytes)
        },
    ];
    for write in v1 {
        let mut raw = Draft::new(Signing::V1Pair, "ListKeys", &[]).sign();
        let pairs = raw.pairs(Part::Query);
        let (_, signature) = pairs.iter().find(|(name, _)| name == b"Signature").unwrap();
        let written = write(std::str::from_utf8(signature).unwrap());
        raw.change("Signature", Some(&written));
        assert_eq!(outcome(&service, &raw), refusal(400, "SignatureDoesNotMatch"), "{written}");
    }
    let v3: [fn(&str) -> String; 5] = [
        str::to_uppercase,
        |text| text[1..].to_owned(),
        |text| text[2..].to_owned(),
        |text| format!("00{text}"),
        |_| String::new(),
    ];
    for write in v3 {
        let mut raw = Draft::new(Signing::V3Pair, "ListKeys", &[]).sign();
        let authorization = String::from_utf8(raw.header("authorization").unwrap().to_vec()).unwrap();
        let (rest, signature) = authorization.split_once("Signature=").unwrap();
        let written = write(signature);
        raw.set_header("authorization", format!("{rest}Signature={written}"));
        assert_eq!(outcome(&service, &raw), refusal(400, "SignatureDoesNotMatch"), "{written}");
    }
}

/// The V1 words that name a way to sign, set behind the signature's back. `by_secret`, `by_pair`: what an AccessKey of
/// each kind is answered.
#[rstest]
#[case("HMAC-SHA1", "", "OK", "InvalidSignatureMethod")]
#[case("", "", "SignatureDoesNotMatch", "InvalidSignatureMethod")]
#[case("SHA256withRSA", "PRIVATEKEY", "InvalidSignatureMethod", "OK")]
#[case("HMAC-SHA1", "PRIVATEKEY", "InvalidSignatureMethod", "InvalidSignatureMethod")]
#[case("", "PRIVATEKEY", "InvalidSignatureMethod", "InvalidSignatureMethod")]
#[case("SHA256withRSA", "", "InvalidSignatureMethod", "InvalidSignatureMethod")]
#[case("SHA256WITHRSA", "PRIVATEKEY", "InvalidSignatureMethod", "InvalidSignatureMethod")]
#[case("SHA256withRSA", "privatekey", "InvalidSignatureMethod", "InvalidSignatureMethod")]
#[case("HMAC-SHA256", "", "InvalidSignatureMethod", "InvalidSignatureMethod")]
fn words_of_a_way_to_sign(#[case] method: &str, #[case] kind: &str, #[case] by_secret: &str, #[case] by_pair: &str) {
    let service = Service::with_fixture();
    for (signing, expected) in [(Signing::V1, by_secret), (Signing::V1Pair, by_pair)] {
        let mut raw = Draft::new(signing, "ListKeys", &[]).sign();
        raw.change("SignatureMethod", Some(method));
        raw.change("SignatureType", Some(kind));
        assert_eq!(outcome(&service, &raw).1, expected, "{signing:?}");
    }
}

#[test]
fn algorithms_that_nobody_has() {
    let service = Service::with_fixture();
    for name in ["ACS3-RSA-SM3", "ACS4-RSA-SHA256", "acs3-rsa-sha256", "ACS3-HMAC-SHA256", "ACS3-HMAC-SM3"] {
        let mut raw = Draft::new(Signing::V3Pair, "ListKeys", &[]).sign();
        let authorization = String::from_utf8(raw.header("authorization").unwrap().to_vec()).unwrap();
        raw.set_header("authorization", authorization.replacen("ACS3-RSA-SHA256", name, 1));
        let expected = match name {
            // Not a word of this service: a proxy may have its own, and the parameters name nobody.
            "acs3-rsa-sha256" => refusal(400, "MissingParameter"),
            // Its content hash is another one.
            "ACS3-HMAC-SM3" => refusal(400, "IncompleteSignature"),
            _ => refusal(400, "InvalidSignatureMethod"),
        };
        assert_eq!(outcome(&service, &raw), expected, "{name}");
    }
}
