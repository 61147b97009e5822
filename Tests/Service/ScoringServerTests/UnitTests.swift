import Digests
import Scoring
import ScoringServer
import Testing

@Suite struct APIKeysTests {
    @Test func keysWithAndWithoutNames() throws {
        let keys = try APIKeys(parsing: "# comment\nfirst-key\nalice:her-secret-key\r\n\n", file: "f")
        #expect(keys.count == 2)
        #expect(keys.identity(of: "first-key") == APIKeyIdentity(name: "key-2"))
        #expect(keys.identity(of: "her-secret-key") == APIKeyIdentity(name: "alice"))
        for wrong in ["", "first-ke", "first-key ", "alice:her-secret-key", "alice"] {
            #expect(keys.identity(of: wrong) == nil)
        }
    }

    @Test func optionsAndDigests() throws {
        let digest = SHA256Hasher.digest(Array("never-in-the-file".utf8)).hex
        let text = """
            ops:with:colons  admin
              ring:secret-key\ttokens-per-minute=6000 admin
            hashed:sha256:\(digest)
            ring:secret-key2 tokens-per-minute=6000
            """
        let keys = try APIKeys(parsing: text, file: "f")
        #expect(keys.identity(of: "with:colons") == APIKeyIdentity(name: "ops", isAdmin: true))
        let ring = APIKeyIdentity(name: "ring", isAdmin: true, tokensPerMinute: 6000)
        #expect(keys.identity(of: "secret-key") == ring)
        #expect(keys.identity(of: "secret-key2")?.isAdmin == false)
        #expect(keys.identity(of: "never-in-the-file")?.name == "hashed")
        #expect(keys.identity(of: digest) == nil && keys.identity(of: "sha256:" + digest) == nil)
        #expect(try APIKeys(parsing: "sha256:" + digest, file: "f").identity(of: "never-in-the-file")?.name == "key-1")
    }

    @Test(
        arguments: [
            ("", .noKeys(file: "f")), ("# only a comment\n", .noKeys(file: "f")),
            ("short", .keyTooShort(file: "f", line: 1, bytes: 5, atLeast: 8)),
            ("a:short", .keyTooShort(file: "f", line: 1, bytes: 5, atLeast: 8)),
            ("has-a space in it", .keyTooShort(file: "f", line: 1, bytes: 5, atLeast: 8)),
            ("contains a space", .unknownOption(file: "f", line: 1, number: 1)),
            ("long-enough admin=yes", .unknownOption(file: "f", line: 1, number: 1)),
            ("long-enough admin tokens-per-minute=0", .badRate(file: "f", line: 1)),
            ("long-enough tokens-per-minute=9 tokens-per-minute=9", .badRate(file: "f", line: 1)),
            ("a:long-enough tokens-per-minute=9\na:longer-still", .differentRates(file: "f", line: 2, name: "a")),
            ("a:sha256:00", .badDigest(file: "f", line: 1)),
            ("\nnäme:long-enough", .badCharacter(file: "f", line: 2)),
            ("same-secret\nx:same-secret", .repeatedKey(file: "f", line: 2)),
        ] as [(String, APIKeyError)])
    func refused(_ text: String, _ error: APIKeyError) {
        #expect(throws: error) { try APIKeys(parsing: text, file: "f") }
    }
}

@Suite struct MetricsRegistryTests {
    @Test func textFormat() {
        let registry = MetricsRegistry()
        let counter = registry.counter("a_total", "Counts.", labels: ["route"])
        let histogram = registry.histogram("b_seconds", "Times.", buckets: [0.5, 1])
        registry.gauge("c", "Now.") { [([], 1.5)] }
        counter.increment("x\"y")
        counter.increment(by: 2, "x\"y")
        for value in [0.25, 0.5, 0.75, 9] { histogram.observe(value) }
        #expect(
            registry.text() == """
                # HELP a_total Counts.
                # TYPE a_total counter
                a_total{route="x\\"y"} 3
                # HELP b_seconds Times.
                # TYPE b_seconds histogram
                b_seconds_bucket{le="0.5"} 2
                b_seconds_bucket{le="1"} 3
                b_seconds_bucket{le="+Inf"} 4
                b_seconds_sum 10.5
                b_seconds_count 4
                # HELP c Now.
                # TYPE c gauge
                c 1.5

                """)
    }
}

@Suite struct ServiceLimitsTests {
    @Test func theDefaultsAgree() {
        #expect(ServiceLimits().contradiction == nil)
    }

    /// A cache may be full of segments of a token each, and holds more than their log-probs.
    @Test func theCacheIsBoundedWithItsBookkeeping() {
        let tokens = 100 * SegmentCache.minimumCost
        let cache = ServiceLimits(cacheTokens: tokens).keptScoresBytes - ServiceLimits(cacheTokens: 0).keptScoresBytes
        #expect(cache == 4 * tokens + 100 * SegmentCache.bookkeepingBytes)
    }

    @Test(arguments: [
        (ServiceLimits(maxSequenceTokens: 100, maxBatchTokens: 99), "--max-batch-tokens"),
        (ServiceLimits(maxRequestTokens: 100, maxBatchTokens: 200), "--max-request-tokens"),
        (ServiceLimits(maxRequestTokens: 100, maxBatchTokens: 50, maxQueuedTokens: 49), "--max-queued-tokens"),
        (
            ServiceLimits(maxBodyBytes: 2000, maxBufferedBytes: 1999, maxRequestTokens: 100, maxBatchTokens: 50),
            "--max-buffered-bytes"
        ),
        (ServiceLimits(maxBodyBytes: 399, maxRequestTokens: 100, maxBatchTokens: 50), "--max-body-bytes"),
    ])
    func contradictionsNameTheFlag(_ limits: ServiceLimits, _ flag: String) throws {
        #expect(try #require(limits.contradiction).contains(flag))
    }
}
