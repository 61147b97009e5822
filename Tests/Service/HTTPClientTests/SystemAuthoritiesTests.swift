import HTTPClient
import Testing

@Suite struct SystemAuthoritiesTests {
    private static let debian = "/etc/ssl/certs/ca-certificates.crt"
    private static let redHat = "/etc/pki/tls/certs/ca-bundle.crt"

    @Test(
        arguments: [
            ([:], [debian], debian),
            ([:], [redHat], redHat),
            ([:], [redHat, debian], debian),
            ([:], [], nil),
            (["SSL_CERT_FILE": "/own/ca.pem"], [debian], "/own/ca.pem"),
            (["SSL_CERT_FILE": "/own/ca.pem", "CURL_CA_BUNDLE": "/curls/ca.pem"], [debian], "/curls/ca.pem"),
            (["SSL_CERT_FILE": "", "CURL_CA_BUNDLE": ""], [redHat], redHat),
        ] as [([String: String], [String], String?)])
    func theEnvironmentGoesBeforeWhatDistributionsHave(
        _ environment: [String: String], _ files: [String], _ bundle: String?
    ) {
        #expect(SystemAuthorities.bundle(environment: environment, isFile: files.contains) == bundle)
    }

    @Test func whatIsGivenGoesBeforeBoth() {
        #expect(HTTPClientConfiguration(caFile: "/given/ca.pem").caFile == "/given/ca.pem")
        #expect(HTTPClientConfiguration().caFile == SystemAuthorities.bundle())
    }
}
