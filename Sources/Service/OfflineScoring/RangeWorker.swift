import Corpora
import Digests
import Formats
import Foundation
import ScoreFiles
import Sequences
import System

/// One of the processes that score a plan: claims a range, scores it, puts its numbers, and goes on until every range is there.
struct RangeWorker {
    let plan: ScoringPlan
    let results: RangeResults
    let claims: RangeClaims
    let teacher: OfflineTeacher
    /// What the teacher cannot read.
    let unreadable: UnreadableTokens
    /// How numbers are stored in the results.
    let element: ScoreElement
    let maxBatchTokens: Int
    let stop: StopFlag
    let onEvent: (OfflineScoringEvent) -> Void

    private static let pauseMicroseconds: UInt32 = 200_000

    /// Works until every range is there, those of others included.
    ///
    /// - Parameter first: number of the range that is looked at first: workers begin at different places, so that few meet.
    func run(from first: Int) throws {
        var progress = try Progress(plan, done: results.done())
        var checkedFiles: [Int: TokenItems] = [:]
        var hasWaited = false
        var attempts = 0
        while !plan.parts.isEmpty {
            try throwIfStopped()
            let done = try results.done()
            progress.update(done)
            onEvent(progress.event)
            guard let part = try next(from: first, done: done) else {
                let missing = plan.parts.count { !done.contains($0.name) }
                if missing == 0 { return }
                if !hasWaited { onEvent(.remark("\(missing) ranges are with other workers: waiting for them")) }
                hasWaited = true
                usleep(Self.pauseMicroseconds)
                continue
            }
            do {
                let tokens = try checkedFiles[part.file] ?? checkedTokens(part.file)
                checkedFiles[part.file] = tokens
                let keeper = try ClaimKeeper(claims, part)
                defer { keeper.end() }
                attempts = try score(part, tokens, &progress) ? 0 : attempts + 1
                guard attempts < OfflineRun.mostAttempts else {
                    throw OfflineScoringError.notVouchedFor(range: part.name, times: attempts)
                }
            } catch {
                claims.release(part)
                throw error
            }
            claims.release(part)
        }
    }

    /// A range that is not there and that nobody is at, claimed.
    private func next(from first: Int, done: Set<String>) throws -> ScoringPlan.Part? {
        for step in plan.parts.indices {
            let part = plan.parts[(first + step) % plan.parts.count]
            guard !done.contains(part.name), try claims.claim(part) else { continue }
            if try !results.done().contains(part.name) { return part }
            claims.release(part)
        }
        return nil
    }

    /// A file of the plan, once it is the one that was planned.
    private func checkedTokens(_ index: Int) throws -> TokenItems {
        let tokens = try plan.tokens(index)
        let digest = try tokens.digest { share in
            try throwIfStopped()
            onEvent(.planning(file: tokens.path, share: share))
        }.hex
        guard digest == plan.files[index].sha256 else {
            throw OfflineScoringError.otherTokens(file: tokens.path, planned: plan.files[index].sha256, got: digest)
        }
        return tokens
    }

    /// False where nobody vouches for it: nothing of it is kept.
    private func score(_ part: ScoringPlan.Part, _ tokens: TokenItems, _ progress: inout Progress) throws -> Bool {
        let began = ContinuousClock.now
        let start = part.items.lowerBound
        var values = results.kept(part, in: plan, by: teacher.identity)
        let kept = values.count
        values += [Float](repeating: .nan, count: part.items.count - kept)
        var done = kept
        var pieces = PieceScorer<Range<Int>>(
            maxBatchTokens: maxBatchTokens, sharesPrefixes: teacher.engine.sharesPrefixes)
        func flush() throws {
            guard !pieces.isEmpty else { return }
            try throwIfStopped()
            for (items, _, found) in try pieces.score(
                named: { "\(tokens.path), piece from item \($0.lowerBound)" },
                by: teacher.engine.logProbs(ofSegments:))
            {
                values.replaceSubrange(items.lowerBound - start..<items.upperBound - start, with: found)
                done = items.upperBound - start
            }
            progress.inRange = done
            onEvent(progress.event)
        }
        do {
            progress.inRange = kept
            try plan.forEachPiece(of: part, in: tokens) { piece in
                guard piece.lowerBound - start >= kept, piece.count > 1 else { return }
                let ids = try tokens.ids(piece)
                if !pieces.fits(ids) { try flush() }
                try unreadable.check(ids, from: piece.lowerBound, of: tokens.path)
                pieces.take(ids, at: piece)
            }
            try flush()
        } catch {
            if done > kept, teacher.engine.vouch(isHurried: { stop.isRequested }) {
                try results.keep(values[..<done], of: part, in: plan, by: teacher.identity)
            }
            throw error
        }
        progress.inRange = 0
        guard teacher.engine.vouch(isHurried: { stop.isRequested }) else {
            onEvent(.remark(OfflineRun.unvouched(part.name)))
            return false
        }
        try results.put(
            part, of: plan, values, as: element, by: teacher.identity, engine: teacher.program,
            seconds: (ContinuousClock.now - began) / .seconds(1))
        results.forget(part)
        return true
    }

    private func throwIfStopped() throws(OfflineScoringError) {
        if stop.isRequested { throw .stopped }
    }
}

extension RangeWorker {
    /// How far a plan has come, by all who work at it.
    private struct Progress {
        private let counts: [String: Int]
        private let total: Int
        private let meter: ProgressMeter
        private var items: Int
        /// Items of the range that is being scored here.
        var inRange = 0

        init(_ plan: ScoringPlan, done: Set<String>) {
            counts = Dictionary(uniqueKeysWithValues: plan.parts.map { ($0.name, $0.items.count) })
            total = plan.items
            items = done.reduce(0) { [counts] in $0 + (counts[$1] ?? 0) }
            meter = ProgressMeter(of: total, before: items)
        }

        mutating func update(_ done: Set<String>) { items = done.reduce(0) { $0 + (counts[$1] ?? 0) } }

        var event: OfflineScoringEvent { .scoring(meter.progress(min(total, items + inRange))) }
    }
}

/// Renews a claim as long as a range is worked at, on a thread of its own.
///
/// `@unchecked Sendable`: `hasEnded` is touched only while the condition's lock is held.
private final class ClaimKeeper: @unchecked Sendable {
    private let condition = NSCondition()
    private var hasEnded = false

    /// - Throws: `SystemError` where the system has no thread to give.
    init(_ claims: RangeClaims, _ part: ScoringPlan.Part) throws {
        try DetachedThread.start("remit-claim", stackBytes: 1 << 19) { [self] in
            condition.lock()
            defer { condition.unlock() }
            var next = Date(timeIntervalSinceNow: claims.interval / .seconds(1))
            while !hasEnded {
                guard !condition.wait(until: next), !hasEnded else { continue }
                // The next time; a claim that runs out costs a range scored twice, no more.
                try? claims.renew(part)
                next = Date(timeIntervalSinceNow: claims.interval / .seconds(1))
            }
        }
    }

    /// Nothing is renewed once this has returned.
    func end() {
        condition.lock()
        hasEnded = true
        condition.signal()
        condition.unlock()
    }
}
