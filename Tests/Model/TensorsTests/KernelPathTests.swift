import Tensors
import Testing

@Suite struct KernelPathTests {
    /// Whatever /info, a manifest or remit.json says can be given back.
    @Test(arguments: KernelPath.allCases)
    func aPathIsFoundByEachOfItsNames(_ path: KernelPath) {
        #expect(KernelPath(named: "\(path)") == path)
        #expect(KernelPath(named: path.name(for: .bf16)) == path)
        // In f32 the two paths of AVX-512 are one.
        let shown = path == .avx512bf16 ? .avx512 : path
        #expect(KernelPath(named: path.name(for: .f32)) == shown)
        #expect(KernelPath(named: path.name(for: .f32) + ", OpenBLAS Haswell") == shown)
        for other in ["", "sse", "AVX2", "avx", "2", "avx512 "] { #expect(KernelPath(named: other) == nil) }
    }

    @Test func whatTheCPULacksIsRefused() throws {
        #expect(try KernelPath.chosen(nil) == .best)
        for path in KernelPath.allCases {
            if KernelPath.supported.contains(path) {
                #expect(try KernelPath.chosen(path) == path)
            } else {
                #expect(throws: UnsupportedKernelPath(path: path, supported: KernelPath.supported)) {
                    try KernelPath.chosen(path)
                }
            }
        }
        let error = UnsupportedKernelPath(path: .avx512, supported: [.portable, .avx2])
        #expect(
            error.description == "kernel path avx512: this CPU lacks its instructions; it has those of portable, avx2")
    }

    /// The two paths of AVX-512 differ in products of bf16 alone.
    @Test func f32HasTheSameBitsWithAndWithoutDotProductsOfPairs() {
        let paths = KernelPath.supported.filter { $0 >= .avx512 }
        var random = SeededRandom(3)
        let (x, w) = (TensorBuffer(random.values(7 * 70)), TensorBuffer(random.values(65 * 70)))
        let products = paths.map { path in
            let packed = PackedMatrix(outputs: 65, inputs: 70, path: path)
            packed.pack(w.baseAddress, workers: WorkerPool(threads: 1, path: path))
            let y = TensorBuffer(count: 7 * 65)
            MatrixMultiply.product(.plain(x.tensor(columns: 70)), packed.panels, into: y.tensor(columns: 65))
            return y.bits
        }
        #expect(products.allSatisfy { $0 == products.first })
    }
}
