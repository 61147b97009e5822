import Foundation
import Tensors

extension TransformerArchitecture {
    /// Fills one parameter with random values that depend on the seed and its name alone.
    func initialize(_ parameter: Parameter, _ values: UnsafeMutablePointer<Float>, seed: UInt64) {
        switch parameter.kind {
        case .bias: values.update(repeating: 0, count: parameter.range.count)
        case .norm: values.update(repeating: 1 - norm.offset, count: parameter.range.count)
        case .embedding, .head, .matrix:
            var random = NormalRandom(seed: seed, stream: parameter.name)
            let deviation =
                parameter.kind == .embedding ? embeddingInitializerRange ?? initializerRange : initializerRange
            for index in 0..<parameter.range.count { values[index] = Float(random.next() * deviation) }
            if parameter.kind == .embedding, let row = paddingID {
                (values + row * width).update(repeating: 0, count: width)
            }
        }
    }
}

/// Normal random numbers by Box and Muller's method over SplitMix64 (Steele, Lea and Flood 2014).
struct NormalRandom {
    private var state: UInt64
    private var spare: Double?

    init(seed: UInt64, stream: String) {
        state = seed
        for byte in stream.utf8 { state = Self.mix(state &+ UInt64(byte) &+ 0x9e37_79b9_7f4a_7c15) }
    }

    mutating func next() -> Double {
        if let value = spare {
            spare = nil
            return value
        }
        let radius = (-2 * log(1 - uniform())).squareRoot()
        let angle = 2 * Double.pi * uniform()
        spare = radius * sin(angle)
        return radius * cos(angle)
    }

    /// In [0, 1).
    private mutating func uniform() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Double(Self.mix(state) >> 11) * 0x1p-53
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
