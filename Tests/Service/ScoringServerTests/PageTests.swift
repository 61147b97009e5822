import Foundation
import HTTPSockets
import ScoringServer
import TestSupport
import Testing
import Yams

/// The page at /: what it is sent with, what it asks for, and who gets it.
@Suite struct PageTests {
    private static let views = ["/", "/status", "/docs"]

    @Test(arguments: Transport.allCases)
    func everyViewIsTheDocumentWithAStrictPolicy(_ transport: Transport) async throws {
        try await withService(transport) { test in
            for path in Self.views {
                let reply = try test.caller.get(path, ["Accept": "text/html,application/xhtml+xml,*/*;q=0.8"])
                #expect(reply.status == 200 && reply.text.hasPrefix("<!doctype html>"), "\(path)")
                #expect(reply.fields["Content-Type"] == "text/html; charset=utf-8")
                let policy = try #require(reply.fields["Content-Security-Policy"])
                #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self';"))
                #expect(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains("*"))
                #expect(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"))
                #expect(reply.fields["X-Content-Type-Options"] == "nosniff")
                #expect(reply.fields["Referrer-Policy"] == "no-referrer")
                #expect(reply.fields["Cache-Control"] == "no-cache")
                let head = try test.caller.send("HEAD", path)
                #expect(head.status == 200 && head.body.isEmpty && head.fields["ETag"] == reply.fields["ETag"])
                #expect(try test.caller.post(path, "{}").status == 405)
            }
        }
    }

    /// Followed from the document through every import: each part is there, with its type, and each part there is asked for.
    @Test func whatThePageAsksForIsInTheBinaryAndNothingElse() async throws {
        try await withService(.inProcess) { test in
            let address = /(?:(?:href|src)="\/page\/|from "\.\/)([a-z.]+)"/
            var (wanted, seen): ([String], Set<String>) = (["/"], [])
            while let path = wanted.popLast() {
                guard seen.insert(path).inserted else { continue }
                let reply = try test.caller.get(path)
                #expect(reply.status == 200, "\(path)")
                if let type = [".js": "text/javascript", ".css": "text/css"].first(where: { path.hasSuffix($0.key) }) {
                    #expect(reply.fields["Content-Type"] == type.value + "; charset=utf-8", "\(path)")
                }
                #expect(reply.fields["Content-Security-Policy"] != nil)
                wanted += reply.text.matches(of: address).map { "/page/\($0.1)" }
                // Nothing from elsewhere (a name of XML is no address), and nothing that the policy would have to make an exception for.
                let foreign = reply.text.replacing(/http:\/\/www\.w3\.org\/[a-z0-9\/]+/, with: "")
                #expect(!foreign.contains(/https?:\/\//), "\(path)")
                let markup = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/
                #expect(!reply.text.contains(markup) && !reply.text.contains(/localStorage|sessionStorage/), "\(path)")
                let inline = /<style|<script(?! type="module" src=)| style=| on[a-z]+=/
                #expect(path != "/" || !reply.text.contains(inline))
            }
            let contract = try Yams.load(yaml: test.caller.get("/openapi.yaml").text) as? [String: Any]
            let schemas = (contract?["components"] as? [String: Any])?["schemas"] as? [String: [String: Any]]
            let named = try #require(schemas?["PageFileName"]?["enum"] as? [String])
            #expect(Set(named.map { "/page/\($0)" }) == seen.subtracting(["/"]))
            #expect(try test.caller.get("/page/none.js").status == 404)
        }
    }

    @Test(arguments: Transport.allCases)
    func whoHasTheFileIsToldSo(_ transport: Transport) async throws {
        try await withService(transport) { test in
            for path in ["/", "/page/main.js"] {
                let tag = try #require(try test.caller.get(path).fields["ETag"])
                for known in [tag, "W/" + tag, "\"other\", " + tag, "*"] {
                    let reply = try test.caller.get(path, ["If-None-Match": known])
                    #expect(reply.status == 304 && reply.body.isEmpty && reply.fields["ETag"] == tag, "\(known)")
                }
                #expect(try test.caller.get(path, ["If-None-Match": "\"other\""]).status == 200)
            }
        }
    }

    /// The page loads before it can have a key; what it shows comes from routes that ask for one.
    @Test func aKeyIsAskedForWhatThePageShowsNotForThePage() async throws {
        try await withService(.inProcess, .init(keys: "reader:secret-key")) { test in
            try Self.expect(200, of: Self.views + ["/page/main.js"], test)
            try Self.expect(401, of: ["/info", "/metrics", "/openapi.yaml", "/page", "/page/a/b"], test)
        }
    }

    @Test func itIsThereWhileTheModelsLoad() async throws {
        try await withService(.inProcess, .init(becomesReady: false)) { test in
            try Self.expect(200, of: Self.views, test)
            try Self.expect(503, of: ["/info"], test)
        }
    }

    @Test(arguments: Transport.allCases)
    func withoutAPageThereIsNone(_ transport: Transport) async throws {
        try await withService(transport, .init(hasPage: false)) { test in
            try Self.expect(404, of: Self.views + ["/page/main.js"], test)
            try Self.expect(200, of: ["/info"], test)
        }
    }

    /// A name of somebody else's that was made to mean this machine gets no page either.
    @Test func aForeignHostIsRefused() async throws {
        try await withService(.inProcess, .init(pages: PageRules(hosts: []))) { test in
            try Self.expect(403, of: Self.views + ["/page/main.js"], test)
        }
    }

    private static func expect(_ status: Int, of paths: [String], _ test: TestService) throws {
        for path in paths { #expect(try test.caller.get(path).status == status, "\(path)") }
    }
}
