import Foundation
import TestSupport
import Testing
import Yams

/// docker/kubernetes.yaml against the programs and against itself. Its shapes are scripts/check-deployment's part.
struct KubernetesTests {
    private static func resources() throws -> [[String: Any]] {
        let text = try String(contentsOfFile: Program.root + "/docker/kubernetes.yaml", encoding: .utf8)
        return try Yams.load_all(yaml: text).compactMap { $0 as? [String: Any] }
    }

    private static func resource(_ kind: String, _ name: String) throws -> [String: Any] {
        try #require(
            try resources().first {
                $0["kind"] as? String == kind && ($0["metadata"] as? [String: Any])?["name"] as? String == name
            },
            "\(kind) \(name)")
    }

    /// The value at keys, a step each.
    private static func value(_ resource: Any?, _ path: String) -> Any? {
        path.split(separator: ".").reduce(resource) { ($0 as? [String: Any])?[String($1)] }
    }

    private static func container(_ kind: String, _ name: String) throws -> [String: Any] {
        let containers = value(try resource(kind, name), "spec.template.spec.containers") as? [[String: Any]]
        return try #require(containers?.first)
    }

    @Test func theServerIsGivenFlagsThatItHas() async throws {
        let arguments = try #require(try Self.container("Deployment", "remit-server")["args"] as? [String])
        try await onThread {
            let known = try DockerTests.flags(of: "remit-server", arguments)
            for flag in DockerTests.flags(in: arguments) { #expect(known.contains(flag), "there is no --\(flag)") }
        }
    }

    /// Each replica by its own name, no more and no fewer.
    @Test func everyReplicaIsAnEngine() throws {
        let set = try Self.resource("StatefulSet", "vllm")
        let replicas = try #require(Self.value(set, "spec.replicas") as? Int)
        let service = try #require(Self.value(set, "spec.serviceName") as? String)
        #expect(Self.value(try Self.resource("Service", service), "spec.clusterIP") as? String == "None")
        let arguments = try #require(try Self.container("Deployment", "remit-server")["args"] as? [String])
        let engines = arguments.filter { $0.hasPrefix("--engine=") }
        #expect(engines == (0..<replicas).map { "--engine=vllm=http://vllm-\($0).\(service):8000" })
        let served = try #require(try Self.container("StatefulSet", "vllm")["args"] as? [String])
        for name in arguments.filter({ $0.hasPrefix("--engine-model=") }) {
            #expect(served.contains(name.replacing("--engine-model", with: "--served-model-name")))
        }
    }

    /// One store, one process: never two pods at it, whatever is rolled out.
    @Test func theStoreHasOneServer() throws {
        let server = try Self.resource("Deployment", "remit-server")
        #expect(Self.value(server, "spec.replicas") as? Int == 1)
        #expect(Self.value(server, "spec.strategy.type") as? String == "Recreate")
    }

    @Test func theServerRunsAsTheUserOfItsImage() throws {
        let context = Self.value(try Self.resource("Deployment", "remit-server"), "spec.template.spec.securityContext")
        #expect(
            Self.value(context, "runAsUser") as? Int == 10001 && Self.value(context, "runAsNonRoot") as? Bool == true)
        let image = try String(contentsOfFile: Program.root + "/docker/server.Dockerfile", encoding: .utf8)
        #expect(image.contains("--uid 10001 remit"))
    }

    @Test func theProbesAskRoutesThatTheServerHas() async throws {
        let container = try Self.container("Deployment", "remit-server")
        let probes = ["startupProbe", "readinessProbe", "livenessProbe"].compactMap {
            Self.value(container, "\($0).httpGet.path") as? String
        }
        #expect(probes == ["/health", "/ready", "/health"])
        try await onThread {
            let server = try LiveServer(model: Demo.teacher)
            for path in probes { #expect(try server.get(path).status == 200, "\(path)") }
        }
    }

    @Test(arguments: [("Deployment", "remit-server"), ("StatefulSet", "vllm")])
    func whatIsMountedIsDeclaredAndWhatSelectsIsLabelled(_ kind: String, _ name: String) throws {
        let resource = try Self.resource(kind, name)
        let volumes = try #require(Self.value(resource, "spec.template.spec.volumes") as? [[String: Any]])
        let mounts = try #require(try Self.container(kind, name)["volumeMounts"] as? [[String: Any]])
        #expect(Set(volumes.map { $0["name"] as? String }) == Set(mounts.map { $0["name"] as? String }))
        for volume in volumes {
            guard let claim = Self.value(volume, "persistentVolumeClaim.claimName") as? String else { continue }
            _ = try Self.resource("PersistentVolumeClaim", claim)
        }
        let labels = try #require(Self.value(resource, "spec.template.metadata.labels") as? [String: String])
        let selected = try #require(Self.value(resource, "spec.selector.matchLabels") as? [String: String])
        let service = try #require(Self.value(try Self.resource("Service", name), "spec.selector") as? [String: String])
        for (label, value) in selected.merging(service, uniquingKeysWith: { own, _ in own }) {
            #expect(labels[label] == value, "\(name): \(label)")
        }
    }
}
