import CPCRE2

/// A pattern of a tokenizer.json, compiled by PCRE2 with JIT.
///
/// `@unchecked Sendable`: the compiled code is never written after `init`, and PCRE2 allows any number of threads to
/// match with one code; what a match writes lives in `PatternScratch`, one for each encoder.
final class TextPattern: @unchecked Sendable {
    private let code: OpaquePointer
    private let hasJIT: Bool
    let source: String

    /// - Throws: `PatternTranslator.Failure` with PCRE2's message or the translator's.
    init(regex: String) throws {
        source = regex
        var error: Int32 = 0
        var offset = 0
        let translated = Array(try PatternTranslator.translate(regex).utf8)
        guard let context = pcre2_compile_context_create_8(nil) else {
            throw PatternTranslator.Failure(reason: "out of memory")
        }
        defer { pcre2_compile_context_free_8(context) }
        pcre2_set_newline_8(context, UInt32(PCRE2_NEWLINE_LF))
        let options = UInt32(PCRE2_UTF) | UInt32(PCRE2_UCP) | UInt32(PCRE2_MULTILINE) | UInt32(PCRE2_NEVER_BACKSLASH_C)
        guard let code = pcre2_compile_8(translated, translated.count, options, &error, &offset, context) else {
            throw PatternTranslator.Failure(reason: Self.message(error))
        }
        self.code = code
        hasJIT = pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE)) == 0
    }

    deinit { pcre2_code_free_8(code) }

    /// The next match at or after `start` in `subject`, which must be valid UTF-8.
    /// - Throws: `TokenizerError.patternFailed`, when a resource limit of PCRE2 is reached.
    @inline(__always)
    func firstMatch(
        in subject: UnsafeBufferPointer<UInt8>, from start: Int, _ scratch: PatternScratch
    ) throws -> (start: Int, end: Int)? {
        let options = UInt32(PCRE2_NO_UTF_CHECK)
        var status: Int32
        if hasJIT {
            status = pcre2_jit_match_8(
                code, subject.baseAddress, subject.count, start, options, scratch.matchData, scratch.matchContext)
            if status == PCRE2_ERROR_JIT_STACKLIMIT {
                status = pcre2_match_8(
                    code, subject.baseAddress, subject.count, start, options | UInt32(PCRE2_NO_JIT), scratch.matchData,
                    scratch.matchContext)
            }
        } else {
            status = pcre2_match_8(
                code, subject.baseAddress, subject.count, start, options, scratch.matchData, scratch.matchContext)
        }
        if status == PCRE2_ERROR_NOMATCH { return nil }
        guard status >= 0 else { throw TokenizerError.patternFailed(pattern: source, reason: Self.message(status)) }
        return (scratch.bounds[0], scratch.bounds[1])
    }

    /// Calls `body` with each match, leftmost first, none overlapping. An empty match right behind another match is
    /// passed over, as Oniguruma's iterator does.
    @inline(__always)
    func forEachMatch(
        in subject: UnsafeBufferPointer<UInt8>, _ scratch: PatternScratch, _ body: (Int, Int) throws -> Void
    ) throws {
        var from = 0
        var lastEnd = -1
        while from <= subject.count, let match = try firstMatch(in: subject, from: from, scratch) {
            if match.start == match.end, match.end == lastEnd {
                from += from < subject.count ? UTF8Scalar.length(first: subject[from]) : 1
                continue
            }
            from = match.end
            lastEnd = match.end
            try body(match.start, match.end)
        }
    }

    private static func message(_ code: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = pcre2_get_error_message_8(code, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer.prefix(Int(count)), as: UTF8.self) : "PCRE2 error \(code)"
    }
}

/// What a match writes: one for each encoder, never shared between threads at once.
final class PatternScratch {
    private static let smallestStackBytes = 32 << 10
    private static let largestStackBytes = 16 << 20

    fileprivate let matchData: OpaquePointer
    fileprivate let matchContext: OpaquePointer
    fileprivate let bounds: UnsafeMutablePointer<Int>
    private let stack: OpaquePointer?

    /// - Throws: `TokenizerError.patternFailed` when memory is short.
    init() throws {
        guard let matchData = pcre2_match_data_create_8(1, nil), let matchContext = pcre2_match_context_create_8(nil)
        else { throw TokenizerError.patternFailed(pattern: "", reason: "out of memory") }
        self.matchData = matchData
        self.matchContext = matchContext
        bounds = pcre2_get_ovector_pointer_8(matchData)
        stack = pcre2_jit_stack_create_8(Self.smallestStackBytes, Self.largestStackBytes, nil)
        pcre2_jit_stack_assign_8(matchContext, nil, stack.map { UnsafeMutableRawPointer($0) })
    }

    deinit {
        pcre2_jit_stack_free_8(stack)
        pcre2_match_context_free_8(matchContext)
        pcre2_match_data_free_8(matchData)
    }
}
