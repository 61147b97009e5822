import Foundation
import TestSupport
import Testing
import Yams

/// No engine runs here, so what the files under docker/ name is checked against the package and the programs.
@Suite(.serialized) struct DockerTests {
    private static let folder = Program.root + "/docker"

    @Test(arguments: ["server", "trainer"])
    func aDockerfileNamesWhatExists(_ name: String) async throws {
        let text = try String(contentsOfFile: "\(Self.folder)/\(name).Dockerfile", encoding: .utf8)
        let program = "remit-\(name)"
        #expect(text.contains("--product \(program)"))
        #expect(text.contains("\nENTRYPOINT [\"\(program)\"]"))
        #expect(text.contains(/\nUSER (?!root)\w+/) && text.contains("\nHEALTHCHECK "))
        for copy in text.matches(of: /(?m)^COPY (?!--from)(.+) \S+$/) {
            for path in copy.output.1.split(separator: " ") {
                #expect(
                    FileManager.default.fileExists(atPath: Program.root + "/" + path),
                    "\(name).Dockerfile copies \(path)")
            }
        }
        #expect(text.matches(of: /(?m)^VOLUME\b/).count == 1)
        let command = try #require(text.firstMatch(of: /(?m)^CMD (\[.*\])$/)).output.1
        let arguments = try #require(try Yams.load(yaml: String(command)) as? [String])
        // Of the image itself: those of the stage that builds it are the manifest's.
        let image = text.split(separator: "\nFROM ").last ?? ""
        let variables = image.matches(of: /REMIT_([A-Z_]+)=/).map { $0.output.1.lowercased().replacing("_", with: "-") }
        try await onThread {
            let known = try Self.flags(of: program, arguments)
            for flag in Self.flags(in: arguments) + variables {
                #expect(known.contains(flag), "\(program) has no --\(flag)")
            }
        }
    }

    /// A key or a corpus that lies in the clone would else end in a layer.
    @Test(arguments: ["server", "trainer"])
    func theContextHoldsWhatTheImageCopiesAndNothingElse(_ name: String) throws {
        let text = try String(contentsOfFile: "\(Self.folder)/\(name).Dockerfile", encoding: .utf8)
        let copied = text.matches(of: /(?m)^COPY (?!--from)(.+) \S+$/).flatMap { $0.output.1.split(separator: " ") }
        let ignored = try String(contentsOfFile: "\(Self.folder)/\(name).Dockerfile.dockerignore", encoding: .utf8)
            .split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(ignored.first == "*")
        #expect(Set(ignored.dropFirst()) == Set(copied.map { "!" + $0 }))
    }

    /// Secrets keep the owner and mode that they have outside: who reads them shares a group.
    @Test func whoReadsASecretIsInTheGroupOfTheImages() throws {
        for name in ["server", "trainer"] {
            let text = try String(contentsOfFile: "\(Self.folder)/\(name).Dockerfile", encoding: .utf8)
            #expect(text.contains("--uid 10001 remit") && text.contains("\nUSER remit\n"))
        }
        let text = try String(contentsOfFile: Self.folder + "/compose.yaml", encoding: .utf8)
        let compose = try #require(try Yams.load(yaml: text) as? [String: Any])
        let services = try #require(compose["services"] as? [String: [String: Any]])
        for (name, service) in services where service["secrets"] != nil && service["build"] == nil {
            #expect(service["group_add"] as? [String] == ["10001"], "\(name)")
        }
    }

    @Test func theComposeFileNamesWhatExists() async throws {
        let text = try String(contentsOfFile: Self.folder + "/compose.yaml", encoding: .utf8)
        let compose = try #require(try Yams.load(yaml: text) as? [String: Any])
        let services = try #require(compose["services"] as? [String: [String: Any]])
        #expect(Set(services.keys).isSuperset(of: ["server", "trainer", "proxy", "prometheus"]))
        let commands = services.compactMapValues { $0["command"] as? [String] }
        for build in services.values.compactMap({ $0["build"] as? [String: String] }) {
            #expect(FileManager.default.fileExists(atPath: Self.folder + "/" + (build["context"] ?? "?")))
            #expect(FileManager.default.fileExists(atPath: Program.root + "/" + (build["dockerfile"] ?? "?")))
        }
        for volume in services.values.flatMap({ $0["volumes"] as? [String] ?? [] }) {
            let source = volume.split(separator: ":")[0]
            guard source.hasPrefix("./"), source.contains("."), !source.hasSuffix("models"), !source.hasSuffix("corpus")
            else { continue }
            #expect(FileManager.default.fileExists(atPath: Self.folder + "/" + source), "compose.yaml mounts \(source)")
        }
        for secret in (compose["secrets"] as? [String: Any] ?? [:]).keys {
            #expect(
                text.contains("/run/secrets/\(secret)")
                    || services.values.contains { ($0["secrets"] as? [String])?.contains(secret) == true })
        }
        try await onThread {
            for (service, arguments) in commands where ["server", "trainer"].contains(service) {
                let known = try Self.flags(of: "remit-\(service)", arguments)
                for flag in Self.flags(in: arguments) {
                    #expect(known.contains(flag), "remit-\(service) has no --\(flag)")
                }
            }
        }
    }

    @Test func prometheusScrapesARouteThatTheServerHas() async throws {
        let text = try String(contentsOfFile: Self.folder + "/prometheus.yml", encoding: .utf8)
        let path = try #require(text.firstMatch(of: /metrics_path: (\S+)/)).output.1
        let route = String(path)
        try await onThread {
            let server = try LiveServer(model: Demo.teacher)
            #expect(try server.get(route).body.contains("# TYPE remit_"))
        }
    }

    private static func flags(in arguments: [String]) -> [String] {
        arguments.filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2).prefix { $0 != "=" }) }
    }

    /// Of the subcommand that the arguments begin with; remit-server's is `serve` where they begin with a flag.
    private static func flags(of program: String, _ arguments: [String]) throws -> Set<String> {
        try Help(program, arguments.first.flatMap { $0.hasPrefix("--") ? nil : $0 } ?? "serve").flags
    }
}
