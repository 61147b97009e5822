import JSONValues

extension Tokenizer {
    /// The tokens of a text, and the bytes of its UTF-8 that each stands for.
    /// - Parameters:
    ///   - addSpecialTokens: put the special tokens of the post-processor around it.
    ///   - trimsOffsets: leave blanks out of the spans where the post-processor says so, as the library does; false: a span
    ///     begins where its token does.
    /// - Throws: `TokenizerError.textTooLong`, `addedTokensOverlap`, or `patternFailed` where a pattern reaches a limit of PCRE2.
    package func encode(_ text: String, addSpecialTokens: Bool, trimsOffsets: Bool = true) throws -> Encoding {
        var text = text
        return try text.withUTF8 {
            try encodeValid($0, addSpecialTokens: addSpecialTokens, trimsOffsets: trimsOffsets)
        }
    }

    /// - Throws: also `TokenizerError.invalidUTF8`, with the offset of the first bad byte.
    package func encode(
        utf8: UnsafeBufferPointer<UInt8>, addSpecialTokens: Bool, trimsOffsets: Bool = true
    ) throws -> Encoding {
        if let offset = UTF8Validation.firstInvalidOffset(utf8) { throw TokenizerError.invalidUTF8(offset: offset) }
        return try encodeValid(utf8, addSpecialTokens: addSpecialTokens, trimsOffsets: trimsOffsets)
    }

    package func encode(utf8: [UInt8], addSpecialTokens: Bool) throws -> Encoding {
        try utf8.withUnsafeBufferPointer { try encode(utf8: $0, addSpecialTokens: addSpecialTokens) }
    }

    private func encodeValid(
        _ text: UnsafeBufferPointer<UInt8>, addSpecialTokens: Bool, trimsOffsets: Bool = true
    ) throws -> Encoding {
        guard text.count <= Self.longestText else {
            throw TokenizerError.textTooLong(bytes: text.count, limit: Self.longestText)
        }
        return try states.withState(textBytes: text.count) { state in
            var working = try normalize(text, &state)
            // Normalizing may make a text longer; positions within a word are 32 bits wide.
            guard working.count <= 2 * Self.longestText else {
                throw TokenizerError.textTooLong(bytes: working.count, limit: 2 * Self.longestText)
            }
            for stage in preTokenizer {
                try stage.apply(&working, &state.pieces, &state.spare, state.pattern)
            }
            let body = working.withSpans { tokenize($0, &state, text, trimsOffsets ? trimmer : nil) }
            return postProcessor.process(body, addSpecialTokens: addSpecialTokens)
        }
    }

    /// Finds the added tokens that are looked for in the plain text, normalizes what is between them, finds the others.
    private func normalize(_ text: UnsafeBufferPointer<UInt8>, _ state: inout EncoderState) throws -> WorkingText {
        state.pieces.removeAll(keepingCapacity: true)
        guard text.count > 0 else { return WorkingText(text) }
        if plainMatcher.isEmpty {
            state.pieces.append(Piece(start: 0, end: text.count))
        } else {
            try plainMatcher.split(text, 0..<text.count, &state.pieces)
        }
        var working = WorkingText(text)
        if !leavesUnchanged(text) {
            state.spare.removeAll(keepingCapacity: true)
            try working.rewrite(state.pieces, into: &state.spare) { piece in
                for stage in normalizer { try stage.apply(&piece, state.pattern) }
            }
            swap(&state.pieces, &state.spare)
        }
        guard !normalizedMatcher.isEmpty else { return working }
        state.spare.removeAll(keepingCapacity: true)
        try working.withBytes { bytes in
            for piece in state.pieces {
                if piece.isText {
                    try normalizedMatcher.split(bytes, piece.start..<piece.end, &state.spare)
                } else {
                    state.spare.append(piece)
                }
            }
        }
        swap(&state.pieces, &state.spare)
        return working
    }

    private func leavesUnchanged(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        normalizer.allSatisfy { stage in
            if case .unicode(let form) = stage { form.isNormalized(text) } else { false }
        }
    }

    private func tokenize(
        _ spans: SpanMap, _ state: inout EncoderState, _ original: UnsafeBufferPointer<UInt8>, _ trimmer: SpanTrimmer?
    ) -> Encoding {
        var encoding = Encoding()
        encoding.ids.reserveCapacity(spans.bytes.count / 3)
        encoding.offsets.reserveCapacity(spans.bytes.count / 3)
        var added: [(index: Int, text: [UInt8])] = []
        for piece in state.pieces {
            if piece.isText {
                model.encode(piece, spans, cache: &state.cache, scratch: &state.merge, into: &encoding)
            } else {
                if trimmer != nil {
                    added.append((encoding.ids.count, Array(spans.bytes[piece.start..<piece.end])))
                }
                encoding.ids.append(piece.token)
                encoding.offsets.append(spans.span(piece.start, piece.end))
            }
        }
        trimmer?.trim(&encoding, added: added, in: original)
        return encoding
    }
}

extension BPEModel {
    /// Appends the tokens of one piece.
    @inline(__always)
    func encode(
        _ piece: Piece, _ spans: SpanMap, cache: inout WordCache, scratch: inout MergeScratch,
        into encoding: inout Tokenizer.Encoding
    ) {
        if cuts == nil {
            encodeWord(piece.start, piece.end, spans, cache: &cache, scratch: &scratch, into: &encoding)
        } else {
            encodeCutting(piece, spans, cache: &cache, scratch: &scratch, into: &encoding)
        }
    }

    /// Where no merge can join two characters, the words on both sides are looked up alone.
    private func encodeCutting(
        _ piece: Piece, _ spans: SpanMap, cache: inout WordCache, scratch: inout MergeScratch,
        into encoding: inout Tokenizer.Encoding
    ) {
        guard let cuts else { return }
        let text = spans.bytes
        if let words, let id = words.id(of: UnsafeBufferPointer(rebasing: text[piece.start..<piece.end])) {
            encoding.ids.append(id)
            encoding.offsets.append(spans.span(piece.start, piece.end))
            return
        }
        var start = piece.start
        var at = piece.start
        var previous = UTF8Scalar.decode(text, &at)
        while at < piece.end {
            let boundary = at
            let scalar = UTF8Scalar.decode(text, &at)
            if !cuts.mayJoin(previous, scalar), canCut(previous, scalar) {
                encodeWord(start, boundary, spans, cache: &cache, scratch: &scratch, into: &encoding)
                start = boundary
            }
            previous = scalar
        }
        encodeWord(start, piece.end, spans, cache: &cache, scratch: &scratch, into: &encoding)
    }

    /// Unknown characters fuse, or vanish and bring their neighbours together: no cut beside them, unless each becomes
    /// byte tokens.
    private func canCut(_ left: UInt32, _ right: UInt32) -> Bool {
        hasAllByteFallbacks || (characterSymbols.id(of: left) >= 0 && characterSymbols.id(of: right) >= 0)
    }

    @inline(__always)
    private func encodeWord(
        _ from: Int, _ to: Int, _ spans: SpanMap, cache: inout WordCache, scratch: inout MergeScratch,
        into encoding: inout Tokenizer.Encoding
    ) {
        if to - from < 16, let found = cache.findShort(spans.bytes, from, to - from) {
            var at = from
            let last = found.tokenCount - 1
            for index in 0..<last {
                let end = at + found.byteCount(index)
                encoding.append(found.id(index), spans.span(at, end))
                at = end
            }
            encoding.append(found.id(last), spans.span(at, to))
        } else {
            encodeLongWord(from, to, spans, cache: &cache, scratch: &scratch, into: &encoding)
        }
    }

    @inline(never)
    private func encodeLongWord(
        _ from: Int, _ to: Int, _ spans: SpanMap, cache: inout WordCache, scratch: inout MergeScratch,
        into encoding: inout Tokenizer.Encoding
    ) {
        var at = from
        if let found = cache.findLong(spans.bytes, from, to) {
            for token in cache.longTokens[found] {
                let end = at + Int(token >> 32)
                encoding.append(Int32(truncatingIfNeeded: token), spans.span(at, end))
                at = end
            }
            return
        }
        tokenize(UnsafeBufferPointer(rebasing: spans.bytes[from..<to]), &scratch)
        cache.insert(spans.bytes, from, to, ids: scratch.ids, byteCounts: scratch.byteCounts)
        for (id, count) in zip(scratch.ids, scratch.byteCounts) {
            encoding.append(id, spans.span(at, at + Int(count)))
            at += Int(count)
        }
    }
}

extension Tokenizer.Encoding {
    @inline(__always)
    fileprivate mutating func append(_ id: Int32, _ span: Range<Int>) {
        ids.append(id)
        offsets.append(span)
    }
}
