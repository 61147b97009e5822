import JSONValues

/// How routes that speak another system's dialect say that a request failed.
extension FailureBody {
    /// A problem as OpenAI's API words it: `{"error": {"message", "type", "param", "code"}}`, the code being the problem's name.
    ///
    /// Statuses are those that clients of these routes know what to do with: they try again after a 503 and not always after a 429, and
    /// take 400 for whatever is wrong with a prompt.
    ///
    /// - Parameter prompts: what the dialect calls that which is scored.
    package static func dialect(prompts: String) -> @Sendable (Problem) -> FailureBody {
        { problem in
            let status = dialectStatus(of: problem)
            var writer = JSONWriter()
            writer.object { writer in
                writer.key("error")
                writer.object { writer in
                    writer.field("message", message(of: problem, prompts))
                    writer.field("type", status < 500 ? "invalid_request_error" : "server_error")
                    writer.field("param", parameter(of: problem, prompts).map(JSONValue.string) ?? .null)
                    writer.field("code", problem.kind.map { .string($0.rawValue) } ?? .null)
                }
            }
            return FailureBody(status: status, mediaType: .json, bytes: writer.bytes)
        }
    }

    private static func dialectStatus(of problem: Problem) -> Int {
        switch problem.kind {
        case .queueFull: 503
        case .sequenceTooLong: 400
        default: problem.status == 422 ? 400 : problem.status
        }
    }

    /// What our own routes call inputs.
    private static let inputs = "inputs"

    private static func message(of problem: Problem, _ prompts: String) -> String {
        guard !problem.detail.isEmpty else { return problem.title }
        guard problem.detail.hasPrefix(inputs) else { return problem.detail }
        return prompts + problem.detail.dropFirst(inputs.count)
    }

    private static func parameter(of problem: Problem, _ prompts: String) -> String? {
        if case .string(let path)? = problem.extensions[key: "path"] { return path }
        if case .integer(let item)? = problem.extensions[key: "item"] { return "\(prompts)[\(item)]" }
        return nil
    }
}
