import HTTPClient
import Testing

@Suite struct AddressTests {
    @Test(arguments: [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("https://host/", "https://host"),
        ("http://[::1]:80/prefix/", "http://[::1]:80/prefix"), ("HTTP://host", "http://host"),
    ])
    func readsAddresses(text: String, base: String) throws {
        #expect(try ServerAddress(text).description == base)
    }

    @Test(arguments: [
        "", "host:8080", "ftp://h", "http://", "http:///x", "http://h?q", "http://h#f", "http://h\r\nX: y", "h ttp://h",
    ])
    func refusesOthers(text: String) {
        #expect(throws: HTTPClientError.self) { try ServerAddress(text) }
    }

    @Test func aPasswordInAnAddressIsRefusedAndNotRepeated() {
        do {
            _ = try ServerAddress("http://user:secret@host")
            Issue.record("accepted")
        } catch {
            #expect(!"\(error)".contains("secret"))
        }
    }

    @Test func aKeyPrintsNowhere() throws {
        let key = try APIKey("sesame-open")
        let configuration = HTTPClientConfiguration(apiKey: key)
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(key)", String(reflecting: key), "\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("sesame"))
        }
        for bad in ["", "a b", "a\r\nX: y", "schl\u{FC}ssel"] {
            #expect(throws: HTTPClientError.badKey) { try APIKey(bad) }
        }
    }
}
