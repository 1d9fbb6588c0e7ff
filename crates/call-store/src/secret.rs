/// Takes whatever may be a password of `url` out of a message of libpq, which quotes the parts of
/// a URL that it does not understand.
pub(crate) fn without_secrets(message: &str, url: &str) -> String {
    let mut clean = message.trim().replace('\n', "; ");
    let mut secrets = secrets_of(url);
    // The longest first, lest a part of it is replaced and the rest remains.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in secrets {
        clean = clean.replace(&secret, "***");
    }
    clean
}

/// Everything of a URL that may be (a part of) a password, as written and as decoded.
fn secrets_of(url: &str) -> Vec<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let mut raw = Vec::new();
    // A password with an unescaped slash or at sign ends wherever libpq thinks it does.
    if let Some((user_info, _)) = rest.rsplit_once('@')
        && let Some((_, password)) = user_info.split_once(':')
    {
        raw.push(password);
        raw.extend(password.split(['@', '/', ':', '?', '#', '&', '=']));
    }
    for parameter in rest.split(['?', '&']).skip(1) {
        if let Some((name, value)) = parameter.split_once('=')
            && name.to_ascii_lowercase().contains("pass")
        {
            raw.push(value);
        }
    }
    raw.iter()
        .flat_map(|secret| [(*secret).to_owned(), percent_decoded(secret)])
        .filter(|secret| !secret.is_empty())
        .collect()
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_lose_their_secrets() {
        for (url, message) in [
            (
                "postgres://u:hunter2@h/db",
                "cannot use \"hunter2@h\" as a host",
            ),
            ("postgres://u:hun%ter2@h/db", "invalid token: \"hun%ter2\""),
            ("postgres://u:hunter%32@h/db", "role hunter2 is unknown"),
            ("postgres://u:a/hunter2@h/db", "no host \"hunter2@h\""),
            ("postgres://h/db?password=hunter2", "bad value hunter2"),
        ] {
            let clean = without_secrets(message, url);
            assert!(!clean.contains("ter2"), "{clean}");
            assert!(clean.contains("***"), "{clean}");
        }
        let message = "password authentication failed for user \"u\"";
        assert_eq!(without_secrets(message, "postgres://u:p1@h/db"), message);
    }
}
