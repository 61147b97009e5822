import Dispatch
import Foundation
import HTTPClient
import ScoringAPI
import ScoringClient
import Synchronization
import System

/// The same requests again and again, one connection a thread. The first answers make the server score and are not counted; all
/// later ones must have the same bits.
struct ServingWork: Sendable {
    struct OtherBits: Error {}

    struct Result {
        let tokens: Int
        let seconds: Double
    }

    let sequences: Int
    let length: Int
    let connections: Int

    func run(_ address: ServerAddress, seconds: Int) throws -> Result {
        let client = ScoringClient(ScoringClientConfiguration(servers: [address]))
        let requests = (0..<connections).map(request)
        let options = CallOptions(timeout: .seconds(600), deadline: .now + .seconds(1200))
        let expected = try requests.map { try client.logProbs($0, options).teacherLogProbs.map(\.bitPattern) }
        for asked in requests { _ = try client.logProbs(asked, options) }

        let answered = Atomic<Int>(0)
        let failures = Locked<[any Error]>([])
        let start = ContinuousClock.now
        DispatchQueue.concurrentPerform(iterations: connections) { number in
            do {
                repeat {
                    let scores = try client.logProbs(requests[number], options).teacherLogProbs
                    guard scores.elementsEqual(expected[number], by: { $0.bitPattern == $1 }) else { throw OtherBits() }
                    answered.add(scores.count, ordering: .relaxed)
                } while ContinuousClock.now - start < .seconds(seconds)
            } catch {
                failures.withLock { $0.append(error) }
            }
        }
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        if let failure = failures.withLock(\.first) { throw failure }
        return Result(tokens: answered.load(ordering: .relaxed), seconds: elapsed)
    }

    /// What connection `number` asks for. Ids fit any vocabulary of 512 or more.
    private func request(_ number: Int) -> BinaryScoreRequest {
        var state = UInt64(number + 1) &* 0x9E37_79B9_7F4A_7C15
        let ids = (0..<sequences * length).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int32(state >> 55)
        }
        return BinaryScoreRequest(tokenIDs: ids, sequenceStarts: (0...sequences).map { $0 * length })
    }
}
