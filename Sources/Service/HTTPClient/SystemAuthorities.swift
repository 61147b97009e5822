import Foundation

/// Certificates of the authorities that this system trusts, as one PEM file.
package enum SystemAuthorities {
    /// Files where distributions keep them, each with those that do.
    private static let bundles = [
        "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Arch, Alpine
        "/etc/pki/tls/certs/ca-bundle.crt",  // Red Hat, Fedora
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, without the link above
        "/etc/ssl/ca-bundle.pem",  // SUSE
        "/etc/ssl/cert.pem",
    ]

    /// Path of the file: what CURL_CA_BUNDLE or else SSL_CERT_FILE says, whether it is there or not; without them the first that is
    /// there of those that distributions have. nil where there is none.
    ///
    /// A libcurl that was not built for one distribution knows no file of its own, and none looks at CURL_CA_BUNDLE.
    package static func bundle(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        isFile: (String) -> Bool = { FileManager.default.isReadableFile(atPath: $0) }
    ) -> String? {
        let named = ["CURL_CA_BUNDLE", "SSL_CERT_FILE"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        return named ?? bundles.first(where: isFile)
    }
}
