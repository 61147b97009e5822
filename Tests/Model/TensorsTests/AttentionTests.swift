import Tensors
import Testing

@Suite struct AttentionTests {
    static let paths = KernelPath.supported
    static let options = [
        Naive.AttentionOptions(heads: 1, queryKeyWidth: 16, valueWidth: 16, scale: 0.25),
        Naive.AttentionOptions(heads: 3, queryKeyWidth: 6, valueWidth: 10, scale: 0.9),
        Naive.AttentionOptions(heads: 2, queryKeyWidth: 20, valueWidth: 5, scale: 0.4, softCap: 1.5),
        Naive.AttentionOptions(heads: 2, queryKeyWidth: 8, valueWidth: 70, scale: 0.5, window: 9),
        Naive.AttentionOptions(heads: 1, queryKeyWidth: 8, valueWidth: 8, scale: 0.5, window: 70),
    ]

    /// Forward and backward of whole segments, in one key block and in several.
    @Test(arguments: paths, options)
    func agreesWithTheLoop(_ path: KernelPath, _ options: Naive.AttentionOptions) {
        for length in [1, 2, 64, 65, 150, 520] {
            var random = SeededRandom(UInt64(length))
            let x = Naive.Heads(
                queries: random.values(length * options.heads * options.queryKeyWidth, scale: 2),
                keys: random.values(length * options.queryKeyWidth, scale: 2),
                values: random.values(length * options.valueWidth))
            let dout = random.values(length * options.heads * options.valueWidth)
            let run = AttentionRun(x, options, path)
            expectClose(run.out.doubles, Naive.attention(x, options), "\(path) \(length)")
            let found = run.backward(dout)
            let expected = Naive.attentionBackward(x, options, dout: dout)
            expectClose(found.queries, expected.queries, "\(path) \(length) queries")
            expectClose(found.keys, expected.keys, "\(path) \(length) keys")
            expectClose(found.values, expected.values, "\(path) \(length) values")
        }
    }

    /// The parts cover the key blocks, each once, and none is much more work than another.
    @Test func partsOfABackwardPassCoverTheSegment() {
        for length in 1...3000 {
            let parts = Attention.backwardParts(length: length)
            let blocks = (length + Attention.keyBlock - 1) / Attention.keyBlock
            #expect(parts.first?.lowerBound == 0 && parts.last?.upperBound == blocks)
            #expect(zip(parts, parts.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
            #expect(parts.allSatisfy { !$0.isEmpty } && parts.count == min(4, max(1, length / 256)))
        }
        let work = Attention.backwardParts(length: 4096).map { $0.reduce(0) { $0 + 64 - $1 } }
        #expect((work.max() ?? 0) - (work.min() ?? 0) < (work.max() ?? 0) / 4)
    }

    /// How queries are cut into pieces changes no bit.
    @Test(arguments: paths, options)
    func piecesAreIndependent(_ path: KernelPath, _ options: Naive.AttentionOptions) {
        piecesAreIndependent(path, options, .f32)
        piecesAreIndependent(path, options, .bf16)
    }

    /// Blocks may stand anywhere, be packed in parts, and hold keys behind those that a query sees: no bit changes.
    @Test(arguments: paths, options)
    func blocksMayStandAnywhere(_ path: KernelPath, _ options: Naive.AttentionOptions) {
        for format in [MatrixFormat.f32, .bf16] {
            for length in [64, 140, 1100] {
                var random = SeededRandom(29)
                let x = Naive.Heads(
                    queries: random.values(length * options.heads * options.queryKeyWidth),
                    keys: random.values(length * options.queryKeyWidth),
                    values: random.values(length * options.valueWidth))
                let whole = AttentionRun(x, options, path, format: format).out.bits
                let isSame = AttentionRun(x, options, path, format: format, isScattered: true).out.bits == whole
                #expect(isSame, "\(path), \(format), \(length)")
            }
        }
    }

    /// Rounded to 8 bits: queries, keys and values before, the weights of the values within.
    @Test(arguments: paths, options)
    func bf16IsNearTheLoop(_ path: KernelPath, _ options: Naive.AttentionOptions) {
        func rounded(_ values: [Double]) -> [Double] {
            guard path.roundsAttention(.bf16) else { return values }
            let buffer = TensorBuffer(values)
            buffer.tensor(columns: values.count).roundToBF16(path: path)
            return buffer.doubles
        }
        for length in [1, 2, 33, 64, 65, 150, 520] {
            var random = SeededRandom(UInt64(length))
            let x = Naive.Heads(
                queries: random.values(length * options.heads * options.queryKeyWidth, scale: 2),
                keys: random.values(length * options.queryKeyWidth, scale: 2),
                values: random.values(length * options.valueWidth))
            let inputs = Naive.Heads(
                queries: rounded(x.queries), keys: rounded(x.keys), values: rounded(x.values))
            let run = AttentionRun(x, options, path, format: .bf16)
            let expected = Naive.attention(inputs, options)
            expectClose(
                run.out.doubles, expected, within: path.roundsAttention(.bf16) ? 4e-3 : kernelTolerance,
                "\(path) \(length)")
            // What is rounded already gives the same bits.
            let isSame = AttentionRun(inputs, options, path, format: .bf16).out.bits == run.out.bits
            #expect(isSame, "\(path) \(length)")
        }
    }

    private func piecesAreIndependent(
        _ path: KernelPath, _ options: Naive.AttentionOptions, _ format: MatrixFormat
    ) {
        for length in [140, 1100] { piecesAreIndependent(path, options, format, length: length) }
    }

    private func piecesAreIndependent(
        _ path: KernelPath, _ options: Naive.AttentionOptions, _ format: MatrixFormat, length: Int
    ) {
        var random = SeededRandom(23)
        let x = Naive.Heads(
            queries: random.values(length * options.heads * options.queryKeyWidth),
            keys: random.values(length * options.queryKeyWidth), values: random.values(length * options.valueWidth))
        let whole = AttentionRun(x, options, path, format: format).out.bits
        for piece in [1, 5, 7, 23] {
            let isSame = AttentionRun(x, options, path, piece: piece, format: format).out.bits == whole
            #expect(isSame, "\(path), \(format), pieces of \(piece)")
        }
    }
}

/// One segment through the kernels.
private struct AttentionRun {
    let attention: Attention
    let path: KernelPath
    let queries, keys, values, out, logSumExp: TensorBuffer
    private let length: Int

    init(
        _ x: Naive.Heads, _ options: Naive.AttentionOptions, _ path: KernelPath, piece: Int = Attention.queryBlock,
        format: MatrixFormat = .f32, isScattered: Bool = false
    ) {
        attention = Attention(
            heads: options.heads, queryKeyWidth: options.queryKeyWidth, valueWidth: options.valueWidth,
            scale: Float(options.scale), softCap: options.softCap.map { Float($0) }, window: options.window)
        self.path = path
        length = x.keys.count / options.queryKeyWidth
        (queries, keys, values) = (TensorBuffer(x.queries), TensorBuffer(x.keys), TensorBuffer(x.values))
        out = TensorBuffer(count: length * options.heads * options.valueWidth)
        logSumExp = TensorBuffer(count: length * options.heads)
        forward(piece, format, isScattered: isScattered)
    }

    /// - Parameter isScattered: blocks stand in falling order, each packed in parts over what was there before; the last has other keys
    ///   behind the segment's.
    private func forward(_ piece: Int, _ format: MatrixFormat, isScattered: Bool) {
        let size = Attention.keyBlock
        let count = (length + size - 1) / size
        let blocks = TensorBuffer(count: count * attention.blockCount)
        let scratch = TensorBuffer(count: attention.scratchCount)
        let table = (0..<count).map { Int32(isScattered ? count - 1 - $0 : $0) }
        func pack(_ rows: Range<Int>, first: Int, into block: Int) {
            attention.pack(
                keys: keys.tensor(columns: attention.queryKeyWidth)[rows],
                values: values.tensor(columns: attention.valueWidth)[rows], first: first,
                into: blocks.baseAddress + Int(table[block]) * attention.blockCount, format, path: path)
        }
        for (index, first) in stride(from: 0, to: length, by: size).enumerated() {
            let rows = first..<min(first + size, length)
            guard isScattered else {
                pack(rows, first: 0, into: index)
                continue
            }
            pack(0..<size, first: 0, into: index)
            for part in [0..<16, 16..<48, 48..<64] {
                let part = rows.clamped(to: first + part.lowerBound..<first + part.upperBound)
                if !part.isEmpty { pack(part, first: part.lowerBound - first, into: index) }
            }
            let behind = (rows.count + 15) / 16 * 16
            if behind < size { pack(0..<size - behind, first: behind, into: index) }
        }
        table.withUnsafeBufferPointer { table in
            let pointer = table.baseAddress
            for first in stride(from: 0, to: length, by: piece) {
                let rows = first..<min(first + piece, length)
                attention.forward(
                    queries: queries.tensor(columns: attention.heads * attention.queryKeyWidth)[rows], first: first,
                    blocks: blocks.baseAddress, table: isScattered ? pointer : nil,
                    into: out.tensor(columns: attention.heads * attention.valueWidth)[rows],
                    logSumExp: logSumExp.tensor(columns: attention.heads)[rows], scratch: scratch.baseAddress, format,
                    path: path)
            }
        }
    }

    func backward(_ dout: [Double]) -> Naive.Heads {
        let (e, v) = (attention.queryKeyWidth, attention.valueWidth)
        let (dq, dk, dv) = (
            TensorBuffer(count: queries.count), TensorBuffer(count: keys.count), TensorBuffer(count: values.count)
        )
        let (douts, scratch) = (TensorBuffer(dout), TensorBuffer(count: attention.backwardScratchCount))
        let saved = Attention.Saved(
            queries: queries.tensor(columns: attention.heads * e), keys: keys.tensor(columns: e),
            values: values.tensor(columns: v), out: out.tensor(columns: attention.heads * v),
            logSumExp: logSumExp.tensor(columns: attention.heads))
        for part in Attention.backwardParts(length: length) {
            let own = TensorBuffer(count: queries.count)
            attention.backward(
                saved, part: part, dout: douts.tensor(columns: attention.heads * v),
                dqueries: own.tensor(columns: attention.heads * e), dkeys: dk.tensor(columns: e),
                dvalues: dv.tensor(columns: v), scratch: scratch.baseAddress, path: path)
            dq.tensor(columns: attention.heads * e).add(own.tensor(columns: attention.heads * e), path: path)
        }
        return Naive.Heads(queries: dq.doubles, keys: dk.doubles, values: dv.doubles)
    }
}
