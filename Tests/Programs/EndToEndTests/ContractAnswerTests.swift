import Foundation
import TestSupport
import Testing
import Yams

/// The answers that openapi.yaml shows are those of a server with the demo pair to the requests that it shows.
@Suite struct ContractAnswerTests {
    /// Of log-probs and weights: another CPU rounds otherwise.
    private static let tolerance = 1e-3
    /// What depends on the machine or the moment.
    private static let unsettled: Set = [
        "scores_fingerprint", "kernel_path", "self_check", "threads", "memory_bound_bytes", "tokens_per_second",
        "created", "system_fingerprint", "weight_version",
    ]
    /// Of every request in the contract's examples.
    private static let requestID = "5f0c2f6f3c1d9a27"

    @Test func answersAreTheServers() async throws {
        try await onThread {
            let file = try String(contentsOfFile: Program.root + "/openapi.yaml", encoding: .utf8)
            let contract = try #require(try Yams.load(yaml: file) as? [String: Any])
            let server = try LiveServer(
                model: Demo.teacher, base: Demo.base, arguments: ["--name", "demo-teacher"])
            var compared: Set<String> = []
            for (path, methods) in try #require(contract["paths"] as? [String: [String: Any]]) {
                for case let (method, operation as [String: Any]) in methods where method == "post" || method == "get" {
                    let answers = Self.examples((operation["responses"] as? [String: Any])?["200"])
                    let requests = Self.examples(operation["requestBody"])
                    for (name, expected) in answers {
                        let reply: (status: Int, body: String)
                        if method == "get" {
                            reply = try server.get(path)
                        } else {
                            let body = try JSONSerialization.data(
                                withJSONObject: try #require(requests[name], "\(path) \(name)"))
                            reply = try server.post(path, String(decoding: body, as: UTF8.self))
                        }
                        #expect(reply.status == 200, "\(path) \(name)")
                        let got = try JSONSerialization.jsonObject(with: Data(reply.body.utf8))
                        Self.compare(got, expected, "\(path) \(name)")
                        compared.insert("\(path) \(name)")
                    }
                }
            }
            #expect(
                compared.isSuperset(of: [
                    "/v1/weights text", "/v1/weights posted", "/v1/logprobs ids", "/v1/logprobs distribution",
                    "/v1/logprobs tempered",
                    "/v1/tokenize text", "/v1/detokenize ids", "/v1/models teacher", "/info teacher",
                    "/v1/completions echo", "/v1/completions prompt", "/v1/completions text", "/generate ids",
                    "/tokenizer_info teacher", "/tokenize text", "/detokenize ids",
                ]))
        }
    }

    private static func examples(_ message: Any?) -> [String: Any] {
        let content = ((message as? [String: Any])?["content"] as? [String: Any])?["application/json"] as? [String: Any]
        return (content?["examples"] as? [String: [String: Any]] ?? [:]).compactMapValues { $0["value"] }
    }

    private static func compare(_ got: Any, _ expected: Any, _ place: String) {
        switch (got, expected) {
        case let (got as [String: Any], expected as [String: Any]):
            #expect(Set(got.keys) == Set(expected.keys), "\(place)")
            for (key, value) in expected where !unsettled.contains(key) {
                // Flags as the example's server had them, of which only the names are general.
                if key == "settings" {
                    #expect(
                        Set((got[key] as? [String: Any] ?? [:]).keys) == Set((value as? [String: Any] ?? [:]).keys))
                } else if let answered = got[key] {
                    compare(answered, value, "\(place) \(key)")
                }
            }
        case let (got as [Any], expected as [Any]):
            #expect(got.count == expected.count, "\(place)")
            for (index, pair) in zip(got, expected).enumerated() { compare(pair.0, pair.1, "\(place)[\(index)]") }
        case let (got as String, expected as String):
            #expect(got == expected || expected.contains(requestID), "\(place)")
        case let (got as NSNumber, expected as any Numeric):
            let number = (expected as? Double) ?? (expected as? Int).map(Double.init) ?? .nan
            #expect(abs(got.doubleValue - number) <= tolerance, "\(place)")
        case let (got as Bool, expected as Bool):
            #expect(got == expected, "\(place)")
        case (is NSNull, is NSNull):
            break
        default:
            Issue.record("\(place): \(got) and \(expected)")
        }
    }
}
