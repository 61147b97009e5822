/// How many tokens each key may have scored: a bucket for each name, filled evenly, that holds a minute's worth. Pure: the
/// caller brings the time.
///
/// A request is let in while the bucket is not empty, and takes all its tokens at once, into debt if need be: so one that is
/// larger than the bucket is served too, and the ones after it wait until it is paid for. The long-run rate is kept exactly.
struct TokenRates {
    typealias Instant = ContinuousClock.Instant

    private struct Bucket {
        var balance: Double
        var updated: Instant
    }

    private var buckets: [String: Bucket] = [:]

    /// Takes `tokens` from the bucket; or nothing, and returns how long to wait.
    mutating func take(_ tokens: Int, for key: APIKeyIdentity, at now: Instant) -> Duration? {
        guard let rate = key.tokensPerMinute.map(Double.init) else { return nil }
        var bucket = buckets[key.name] ?? Bucket(balance: rate, updated: now)
        let elapsed = max((now - bucket.updated) / .seconds(60), 0)
        bucket.balance = min(bucket.balance + elapsed * rate, rate)
        bucket.updated = now
        defer { buckets[key.name] = bucket }
        guard bucket.balance < 1 else {
            bucket.balance -= Double(tokens)
            return nil
        }
        return .seconds((1 - bucket.balance) / rate * 60)
    }

    /// For a request that was let in and then not scored.
    mutating func giveBack(_ tokens: Int, for key: APIKeyIdentity) {
        guard let rate = key.tokensPerMinute.map(Double.init), let balance = buckets[key.name]?.balance else { return }
        buckets[key.name]?.balance = min(balance + Double(tokens), rate)
    }
}
