import JSONValues

/// Answers of routes in the words of other systems.
extension Reply {
    func choices() throws -> [JSONObject] {
        guard case .array(let choices)? = try json()[key: "choices"] else { throw NotAnObject() }
        return choices.compactMap { if case .object(let choice) = $0 { choice } else { nil } }
    }

    func dialectError() throws -> (message: String, param: JSONValue?, code: String) {
        guard case .object(let error)? = try json()[key: "error"], case .string(let message)? = error[key: "message"],
            case .string(let code)? = error[key: "code"]
        else { throw NotAnObject() }
        return (message, error[key: "param"], code)
    }
}

extension JSONObject {
    /// `token_logprobs` of a choice.
    var tokenLogProbs: [JSONValue] {
        guard case .object(let logProbs)? = self[key: "logprobs"],
            case .array(let values)? = logProbs[key: "token_logprobs"]
        else { return [] }
        return values
    }
}
