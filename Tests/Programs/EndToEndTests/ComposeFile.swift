import Foundation
import TestSupport
import Testing
import Yams

/// A Compose file of docker/, with what its services take from another one by `extends`.
struct ComposeFile {
    let services: [String: [String: Any]]
    /// Names of the secrets that are declared.
    let secrets: Set<String>
    let networks: [String: Any?]

    init(_ name: String) throws {
        let text = try String(contentsOfFile: "\(Program.root)/docker/\(name)", encoding: .utf8)
        let file = try #require(try Yams.load(yaml: text) as? [String: Any])
        let declared = try #require(file["services"] as? [String: [String: Any]])
        services = try declared.mapValues { service in
            guard let other = service["extends"] as? [String: String] else { return service }
            let (path, name) = (try #require(other["file"]), try #require(other["service"]))
            let inherited = try #require(try ComposeFile(path).services[name], "\(path) has no \(name)")
            return service.merging(inherited) { own, theirs in
                // Lists of what is mounted or joined grow; everything else is replaced.
                if let own = own as? [String], let theirs = theirs as? [String], !own.contains(where: \.isFlag) {
                    return theirs + own
                }
                return own
            }
        }
        secrets = Set((file["secrets"] as? [String: Any] ?? [:]).keys)
        networks = (file["networks"] as? [String: Any?]) ?? [:]
    }

    /// Paths beside the file that a service mounts, but for those that the operator puts there.
    var mountedPaths: [String] {
        services.values.flatMap { $0["volumes"] as? [String] ?? [] }
            .map { String($0.prefix { $0 != ":" }) }
            .filter { $0.hasPrefix("./") && !["./models", "./corpus"].contains($0) }
    }
}

extension String {
    fileprivate var isFlag: Bool { hasPrefix("--") }
}
