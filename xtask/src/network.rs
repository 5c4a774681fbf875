//! That a finished library cannot reach a network: it calls none of the functions that open a connection or look up a name.
//!
//! The app brings a model's bytes, and what people say to a model stays on the device.

use std::collections::BTreeSet;

/// What a program needs to talk to another machine, in POSIX, Android's and Apple's system libraries; Objective-C's
/// classes are named in a library's imports too.
const FUNCTIONS: [&str; 24] = [
    "socket",
    "socketpair",
    "connect",
    "connectx",
    "bind",
    "listen",
    "accept",
    "accept4",
    "send",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "recvfrom",
    "recvmsg",
    "getaddrinfo",
    "gethostbyname",
    "gethostbyname2",
    "res_query",
    "res_nquery",
    "android_getaddrinfofornet",
    "CFSocketCreate",
    "CFStreamCreatePairWithSocketToHost",
    "nw_connection_create",
    "OBJC_CLASS_$_NSURLSession",
];

/// A complaint for each of these imports that reaches a network. Apple's names begin with an underscore of their own.
pub(crate) fn complaints(imports: &BTreeSet<String>) -> Vec<String> {
    let reaches = |name: &&String| FUNCTIONS.contains(&name.strip_prefix('_').unwrap_or(name));
    let complaint =
        |name: &String| format!("it calls {name}, and nothing of ours uses a network: find out which crate does");
    imports.iter().filter(reaches).map(complaint).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_a_connection_is_found() {
        let imports = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(complaints(&imports(&["poll", "read", "_write", "_getentropy", "rebind"])), [""; 0]);
        assert_eq!(complaints(&imports(&["connect", "_getaddrinfo", "_OBJC_CLASS_$_NSURLSession"])).len(), 3);
    }
}
