import Foundation
import RandomNumbers
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

/// Normal random numbers by Box and Muller's method.
struct NormalRandom {
    private var random: SplitMix64
    private var spare: Double?

    init(seed: UInt64, stream: String) {
        random = SplitMix64(seed: seed)
        for byte in stream.utf8 {
            random.state &+= UInt64(byte)
            random.state = random.next()
        }
    }

    mutating func next() -> Double {
        if let value = spare {
            spare = nil
            return value
        }
        let radius = (-2 * log(1 - random.uniform())).squareRoot()
        let angle = 2 * Double.pi * random.uniform()
        spare = radius * sin(angle)
        return radius * cos(angle)
    }
}
