import JSONValues
import Sequences

/// One training sequence to score: a text, or a window of token ids with its documents.
package struct ScoreInput: Equatable, Sendable {
    /// A text, which the server tokenizes, or ids as they are, at least one.
    package enum Content: Equatable, Sendable {
        case text(String)
        case tokenIDs([Int32])
    }

    /// Name for this input that its result repeats; nil for none.
    package var id: String?
    /// Text or ids of the sequence.
    package var content: Content
    /// Positions at which documents begin, first 0, strictly increasing; nil: one document.
    package var documentStarts: [Int]?
    /// Positions whose loss counts; false is context only. nil: all of them. The first token of a document never counts. [T]
    package var lossMask: [Bool]?
    /// Natural log-probs under the current student, finite and at most 0 where scored; NaN where the request says null. nil: the
    /// server's base makes them, if they are needed. [T]
    package var studentLogProbs: [Float]?

    package init(
        id: String? = nil, content: Content, documentStarts: [Int]? = nil, lossMask: [Bool]? = nil,
        studentLogProbs: [Float]? = nil
    ) {
        self.id = id
        self.content = content
        self.documentStarts = documentStarts
        self.lossMask = lossMask
        self.studentLogProbs = studentLogProbs
    }

    /// Members that an input of this route may have; a server refuses any other.
    package static func fields(for route: ScoreRoute) -> [String] {
        ["id", "text", "token_ids", "document_starts"] + (route == .weights ? ["loss_mask", "student_logprobs"] : [])
    }
}

extension ScoreInput {
    init(_ reader: inout JSONReader, item: Int, for route: ScoreRoute) throws {
        var input = ScoreInput(content: .text(""))
        var content: Content?
        try reader.object { reader, key in
            switch (key, route) {
            case ("id", _): input.id = try reader.string()
            case ("text", _), ("token_ids", _):
                guard content == nil else { throw reader.invalid(expected: "text or token_ids", got: "both") }
                content = key == "text" ? .text(try reader.string()) : .tokenIDs(try reader.tokenIDs(item: item))
            case ("document_starts", _): input.documentStarts = try reader.ints()
            case ("loss_mask", .weights): input.lossMask = try reader.mask()
            case ("student_logprobs", .weights): input.studentLogProbs = try reader.floatsOrNulls()
            default: throw reader.unknownField(known: Self.fields(for: route))
            }
        }
        guard let content else { throw reader.invalid(expected: "text or token_ids", got: "neither") }
        input.content = content
        try input.check(item: item)
        self = input
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            if let id { writer.field("id", id) }
            switch content {
            case .text(let text): writer.field("text", text)
            case .tokenIDs(let tokenIDs): writer.field("token_ids", tokenIDs)
            }
            if let documentStarts { writer.field("document_starts", documentStarts) }
            if let lossMask { writer.field("loss_mask", lossMask.map { $0 ? 1 : 0 }) }
            if let studentLogProbs { writer.field("student_logprobs", studentLogProbs) }
        }
    }

    /// Checks what can be told before a text has been tokenized: document starts in order from 0, and for ids, that there are
    /// some and that all lengths agree.
    func check(item: Int) throws {
        func invalid(_ reason: String) -> WireError { .invalidInput(item: item, position: nil, reason: reason) }
        let tokenIDs: [Int32]? = if case .tokenIDs(let ids) = content { ids } else { nil }
        if tokenIDs?.isEmpty == true { throw invalid("expected at least one token id, got none") }
        if let fault = SpanFault(in: documentStarts ?? [0], tokenCount: tokenIDs?.count) {
            throw invalid("document_starts\(fault)")
        }
        guard let tokenIDs else { return }
        for (name, count) in [("loss_mask", lossMask?.count), ("student_logprobs", studentLogProbs?.count)] {
            if let count, count != tokenIDs.count {
                throw invalid("\(name): expected \(tokenIDs.count) entries, one a token, got \(count)")
            }
        }
    }
}

extension JSONReader {
    /// Reads token ids. They may be out of any vocabulary (the model says), but neither negative nor beyond 31 bits.
    mutating func tokenIDs(item: Int?) throws -> [Int32] {
        try ints().enumerated().map { position, value in
            try Self.tokenID(value, item: item, position: position)
        }
    }

    /// Reads one token id, within the same bounds.
    mutating func tokenID(item: Int?, position: Int) throws -> Int32 {
        try Self.tokenID(int(), item: item, position: position)
    }

    private static func tokenID(_ value: Int, item: Int?, position: Int) throws -> Int32 {
        guard value >= 0, let id = Int32(exactly: value) else {
            throw WireError.tokenIDOutOfRange(item: item, position: position, got: value)
        }
        return id
    }

    /// Reads an array of 0 and 1.
    mutating func mask() throws -> [Bool] {
        let values = try ints()
        return try values.enumerated().map { at, value in
            guard value == 0 || value == 1 else {
                throw invalid(expected: "0 or 1 at [\(at)]", got: "\(value)")
            }
            return value == 1
        }
    }
}

extension WireError {
    static func tokenIDOutOfRange(item: Int?, position: Int, got: Int) -> WireError {
        .invalidInput(
            item: item, position: position, reason: "expected a token id from 0 to \(Int32.max), got \(got)")
    }
}
