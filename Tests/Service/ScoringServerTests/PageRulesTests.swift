import HTTPSockets
import ScoringAPI
import ScoringServer
import Testing

/// What a web page can do to a server that its reader's machine can reach: nothing, unless it is let.
@Suite struct PageRulesTests {
    private static let body = #"{"inputs":[{"text":"ab"}]}"#
    /// As a browser sends a form, and curl -d.
    private static let form = ["Content-Type": "application/x-www-form-urlencoded"]

    @Test(arguments: Transport.allCases)
    func aForeignOriginIsRefusedEverywhere(_ transport: Transport) async throws {
        try await withService(transport, .init(pages: PageRules(origins: ["https://allowed.example"]))) { test in
            for origin in ["https://evil.example", "null", "http://test.evil.example", "http://localhost:1"] {
                let fields = Self.form.merging(["Origin": origin]) { $1 }
                let reply = try test.caller.post("/v1/weights", Self.body, fields)
                #expect(try reply.status == 403 && Problem(json: reply.body).kind == .foreignOrigin, "\(origin)")
                for route in RouteTable(test.service).routes where route.method == "GET" {
                    #expect(try test.caller.get(route.path, ["Origin": origin]).status == 403, "\(route.path)")
                }
            }
            // The server's own pages, and none at all.
            for origin in ["http://test", "https://TEST"] {
                #expect(try test.caller.get("/info", ["Origin": origin]).status == 200)
            }
            #expect(try test.caller.post("/v1/weights", Self.body, Self.form).status == 200)
        }
    }

    @Test(arguments: Transport.allCases)
    func anAllowedOriginMayReadTheAnswer(_ transport: Transport) async throws {
        try await withService(transport, .init(pages: PageRules(origins: ["https://allowed.example"]))) { test in
            let origin = ["Origin": "https://allowed.example"]
            let asked = try test.caller.send(
                "OPTIONS", "/v1/weights", origin.merging(["Access-Control-Request-Method": "POST"]) { $1 })
            #expect(asked.status == 204)
            #expect(asked.fields["Access-Control-Allow-Methods"]?.contains("POST") == true)
            let reply = try test.caller.post("/v1/weights", Self.body, origin)
            #expect(reply.status == 200)
            for fields in [asked.fields, reply.fields] {
                #expect(fields["Access-Control-Allow-Origin"] == "https://allowed.example")
                #expect(fields["Vary"] == "Origin")
            }
            #expect(try test.caller.get("/info").fields["Access-Control-Allow-Origin"] == nil)
            #expect(try test.caller.send("OPTIONS", "/v1/weights").status == 405)
        }
    }

    /// A name of the page's own that was made to mean this machine.
    @Test func whereHostIsLookedAtOnlyNamesOfThisMachineAreAnswered() async throws {
        try await withService(.inProcess, .init(pages: PageRules(hosts: ["lab.example"]))) { test in
            for host in [
                "localhost", "LocalHost:8080", "127.0.0.1", "127.1.2.3:80", "[::1]", "[::1]:8080", "lab.example:8080",
            ] {
                let status = try Self.status(test, host)
                #expect(status == 200, "\(host)")
            }
            for host in [
                "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "[::2]", "10.0.0.1", "test",
            ] {
                let status = try Self.status(test, host)
                #expect(status == 403, "\(host)")
            }
        }
    }

    /// What can never be equal to what is sent would be a rule that does nothing.
    @Test func onlyWhatIsSentCanBeAllowed() {
        for host in ["lab", "lab.example", "LAB.example", "10.0.0.1", "[fd00::1]", "a_b"] {
            #expect(PageRules.isHost(host), "\(host)")
        }
        for host in [
            "", "lab:8080", "http://lab", "lab/", "[fd00::1]:8080", "fd00::1", "[]", "[fd00::1", "me@lab", "a b",
        ] {
            #expect(!PageRules.isHost(host), "\(host)")
        }
        for origin in [
            "https://example.org", "HTTPS://Example.org", "http://example.org:8080", "https://example.org:80",
            "http://[fd00::80]", "null", "app://x:80",
        ] {
            #expect(PageRules.isOrigin(origin), "\(origin)")
        }
        for origin in ["", "example.org", "https://", "https://a/", "https://a:443", "HTTP://a:80", "http://[::1]:80"] {
            #expect(!PageRules.isOrigin(origin), "\(origin)")
        }
    }

    private static func status(_ test: TestService, _ host: String) throws -> Int {
        let head = try RequestParsing.head(Array("GET /info HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8))
        let connection = ConnectionMonitor(detachedPeer: "test")
        switch test.caller.handler.decide(head, connection: connection) {
        case .answer(let response): return response.status
        case .accept(_, _, let respond):
            return respond(HTTPRequest(head: head, body: [], connection: connection)).status
        }
    }

    @Test func theServerAsAWholeSaysWhatItTakes() async throws {
        try await withService(.live) { test in
            let reply = try test.caller.send("OPTIONS", "*")
            #expect(reply.status == 204 && reply.fields["Allow"]?.contains("POST") == true)
        }
    }
}
