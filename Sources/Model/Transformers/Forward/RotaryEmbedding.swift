import Foundation
import Tensors

/// Angles of a rotary position embedding: position * inverse frequency.
///
/// Frequencies and angles are computed in f32 in the order of transformers' own arithmetic, because at long positions their
/// rounding is larger than any tolerance of ours.
package struct RotaryEmbedding: Sendable, Equatable {
    /// Features of a head that are turned, from `firstFeature` on; even.
    package var width: Int
    /// First of the features of a head that are turned; those before it stay as they are.
    package var firstFeature = 0
    /// Whether feature 2j turns with 2j + 1 instead of j with j + width / 2.
    package var isInterleaved = false
    /// Radians that each pair of features turns from one position to the next. [width / 2]
    package var inverseFrequencies: [Float]  // [width / 2]
    /// Multiplies cosines and sines (YaRN).
    package var attentionFactor: Float = 1

    /// Inverse frequencies theta^(-2j / width), j from 0, without any scaling.
    package init(width: Int, theta: Double) {
        self.width = width
        inverseFrequencies = stride(from: 0, to: width, by: 2).map {
            1 / Float(pow(Double(Float(theta)), Double(Float($0) / Float(width))))
        }
    }

    /// Cosines and sines at positions [0, count), each [count, width / 2].
    func tables(count: Int) -> (cosines: TensorBuffer, sines: TensorBuffer) {
        let half = width / 2
        let cosines = TensorBuffer(count: count * half, zeroed: false)
        let sines = TensorBuffer(count: count * half, zeroed: false)
        for position in 0..<count {
            for (feature, frequency) in inverseFrequencies.enumerated() {
                let angle = Double(Float(position) * frequency)
                cosines.baseAddress[position * half + feature] = Float(cos(angle)) * attentionFactor
                sines.baseAddress[position * half + feature] = Float(sin(angle)) * attentionFactor
            }
        }
        return (cosines, sines)
    }
}
