import Digests
import Dispatch
import Scoring
import ScoringServer
import System
import Tokenizers

/// Loads fake teachers: the path says how it goes.
final class FakeLoader: TeacherLoader {
    let tokenizer: Tokenizer
    let base: LoadedModel?
    private let engines = Locked<[String: FakeEngine]>([:])
    private let entered = DispatchSemaphore(value: 0)
    private let gate = DispatchSemaphore(value: 0)

    init(tokenizer: Tokenizer, base: LoadedModel?) {
        self.tokenizer = tokenizer
        self.base = base
    }

    /// Waits until the load of the path `slow` has begun.
    func waitUntilEntered() { entered.wait() }
    func letThrough() { gate.signal() }

    /// The engine that was made for a path: it scores as one of that name does.
    func engine(_ path: String) -> FakeEngine? { engines.withLock { $0[path] } }

    func load(name: String, path: String) throws(TeacherLoadError) -> LoadedModels {
        switch path {
        case "broken": throw .unusable(path: path, reason: "no config.json")
        case "../elsewhere": throw .outside(path: path)
        case "huge": throw .tooLarge(needed: 7000, inUse: 500, limit: 6000)
        case "slow":
            entered.signal()
            gate.wait()
        default: break
        }
        let engine = FakeEngine(path, held: path == "held")
        engines.withLock { $0[path] = engine }
        return LoadedModels(
            teacher: TestService.model(name, engine, weights: path), base: base, tokenizer: tokenizer,
            unsharedTokenIDs: [], kernelPath: "fake")
    }
}
