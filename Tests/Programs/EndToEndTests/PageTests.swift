import TestSupport
import Testing

/// The page of a running server, and a server without one.
@Suite struct PageTests {
    @Test func thePageIsServedUnlessItIsTurnedOff() async throws {
        try await onThread {
            for (flags, status) in [([], 200), (["--no-page"], 404)] {
                let server = try LiveServer(model: Demo.teacher, arguments: flags)
                for path in ["/", "/status", "/docs", "/page/main.js"] {
                    let reply = try server.get(path)
                    #expect(reply.status == status, "\(path) \(flags)")
                }
                let info = try server.get("/info")
                #expect(info.body.contains("\"no_page\":\(!flags.isEmpty)"))
                // A page of another origin gets nothing, this one its answers.
                let own = try curl([server.url + "/info", "-H", "Origin: \(server.url)"])
                let foreign = try curl([server.url + "/", "-H", "Origin: https://page.example"])
                #expect(own.status == 200 && foreign.status == 403)
            }
        }
    }
}
