import HTTPClient
import HTTPSockets
import ScoringClient
import System

/// The waits of a call.
final class Recorder: Sendable {
    private let waits = Locked<[ServerWait]>([])
    var all: [ServerWait] { waits.withLock { $0 } }
    func append(_ wait: ServerWait) { waits.withLock { $0.append(wait) } }
}

/// A service that is started in the middle of a test.
final class LateService: Sendable {
    private let running = Locked<RunningService?>(nil)
    func start(port: Int) { running.withLock { $0 = try? RunningService(port: port) } }
}

/// A port at which nobody listens any more.
func freedPort() throws -> Int {
    let running = try RunningService()
    _ = running.server.drain(timeout: .seconds(5))
    return Int(running.address.description.split(separator: ":").last ?? "") ?? 0
}
