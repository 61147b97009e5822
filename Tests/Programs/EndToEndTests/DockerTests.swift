import Foundation
import TestSupport
import Testing
import Yams

/// No engine runs here, so what the files under docker/ name is checked against the package and the programs.
@Suite(.serialized) struct DockerTests {
    private static let folder = Program.root + "/docker"
    private static let composeFiles = ["compose.yaml", "compose.gpu.yaml"]

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
        for file in Self.composeFiles {
            for (name, service) in try ComposeFile(file).services
            where service["secrets"] != nil && service["build"] == nil {
                #expect(service["group_add"] as? [String] == ["10001"], "\(file): \(name)")
            }
        }
    }

    @Test(arguments: composeFiles)
    func aComposeFileNamesWhatExists(_ name: String) async throws {
        let compose = try ComposeFile(name)
        #expect(Set(compose.services.keys).isSuperset(of: ["server", "proxy", "prometheus", "grafana"]))
        for build in compose.services.values.compactMap({ $0["build"] as? [String: String] }) {
            #expect(FileManager.default.fileExists(atPath: Self.folder + "/" + (build["context"] ?? "?")))
            #expect(FileManager.default.fileExists(atPath: Program.root + "/" + (build["dockerfile"] ?? "?")))
        }
        for path in compose.mountedPaths {
            #expect(FileManager.default.fileExists(atPath: Self.folder + "/" + path), "\(name) mounts \(path)")
        }
        // A secret that nobody reads, or that a command names and its service was not given.
        let given = compose.services.mapValues { Set($0["secrets"] as? [String] ?? []) }
        #expect(compose.secrets == given.values.reduce(into: []) { $0.formUnion($1) })
        let commands = compose.services.compactMapValues { $0["command"] as? [String] }
        for (service, arguments) in commands {
            for secret in arguments.joined(separator: " ").matches(of: /\/run\/secrets\/(\w+)/).map(\.output.1) {
                #expect(given[service]?.contains(String(secret)) == true, "\(name): \(service) is not given \(secret)")
            }
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

    /// From outside only the proxy is reached; what an operator looks at is on loopback.
    @Test(arguments: composeFiles)
    func onlyTheProxyHasAPortForOthers(_ name: String) throws {
        for (service, content) in try ComposeFile(name).services where service != "proxy" {
            for port in content["ports"] as? [String] ?? [] {
                #expect(port.hasPrefix("127.0.0.1:"), "\(name): \(service)")
            }
        }
    }

    /// A trainer ends behind a step and saves then: killed before, it has lost what it did. Without --resume it is refused the next time.
    @Test func theTrainerOfTheComposeFileHasTimeToSaveAndGoesOn() throws {
        let trainer = try #require(try ComposeFile("compose.yaml").services["trainer"])
        #expect(trainer["stop_grace_period"] as? String == "30m")
        #expect((trainer["command"] as? [String])?.contains("--resume") == true)
    }

    /// vLLM has one key and no rates: its network leads nowhere else, and every URL of an engine is a service of it.
    @Test func theEnginesOfTheComposeFileAreServicesOfItsOwnNetwork() throws {
        let compose = try ComposeFile("compose.gpu.yaml")
        #expect((compose.networks["engines"] as? [String: Bool]) == ["internal": true])
        let command = try #require(compose.services["server"]?["command"] as? [String])
        let hosts = command.compactMap { $0.firstMatch(of: /^--engine=vllm=http:\/\/(\w+):8000$/)?.output.1 }.map(
            String.init)
        #expect(!hosts.isEmpty)
        for host in hosts {
            let service = try #require(compose.services[host], "\(host)")
            #expect(service["networks"] as? [String] == ["engines"])
            #expect(service["ports"] == nil && service["healthcheck"] != nil)
        }
        #expect((compose.services["server"]?["networks"] as? [String])?.contains("engines") == true)
        let scraped = try String(contentsOfFile: Self.folder + "/prometheus.gpu.yml", encoding: .utf8)
        let usual = try String(contentsOfFile: Self.folder + "/prometheus.yml", encoding: .utf8)
        // What the other file has, and the engines.
        #expect(scraped.contains(usual.trimmingCharacters(in: .newlines)))
        for host in hosts { #expect(scraped.contains("\"\(host):8000\"")) }
    }

    /// It reads all tensors of a teacher before it is ready, and what depends on it is not started once it counts as unhealthy.
    @Test func theServerInFrontOfEnginesHasTimeToReadALargeTeacher() throws {
        let server = try #require(try ComposeFile("compose.gpu.yaml").services["server"])
        let check = try #require(server["healthcheck"] as? [String: Any])
        #expect(check["start_period"] as? String == "30m")
        let test = try #require(check["test"] as? [String])
        let image = try String(contentsOfFile: Self.folder + "/server.Dockerfile", encoding: .utf8)
        #expect(image.contains(" CMD " + test.dropFirst().joined(separator: " ") + "\n"))
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

    static func flags(in arguments: [String]) -> [String] {
        arguments.filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2).prefix { $0 != "=" }) }
    }

    /// Of the subcommand that the arguments begin with; remit-server's is `serve` where they begin with a flag.
    static func flags(of program: String, _ arguments: [String]) throws -> Set<String> {
        try Help(program, arguments.first.flatMap { $0.hasPrefix("--") ? nil : $0 } ?? "serve").flags
    }
}
