/// A view of rows of floats: [rows, columns], row-major, `stride` floats from row to row.
///
/// It does not own its memory: whoever makes it keeps the `TensorBuffer` alive.
package struct Tensor {
    package let base: UnsafeMutablePointer<Float>
    package let rows: Int
    package let columns: Int
    package let stride: Int

    package init(_ base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
        self.base = base
        self.rows = rows
        self.columns = columns
        self.stride = stride ?? columns
    }

    /// The floats from the first row to the last, where rows touch.
    package var contiguousCount: Int {
        precondition(stride == columns, "rows of the tensor do not touch")
        return rows * columns
    }

    package func row(_ index: Int) -> UnsafeMutablePointer<Float> { base + index * stride }

    /// Some of the rows.
    package subscript(_ range: Range<Int>) -> Tensor {
        Tensor(base + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
    }

    /// Some of the columns.
    package func columns(_ range: Range<Int>) -> Tensor {
        Tensor(base + range.lowerBound, rows: rows, columns: range.count, stride: stride)
    }

    package func copy(from other: Tensor) {
        precondition(rows == other.rows && columns == other.columns, "shapes differ")
        for index in 0..<rows { row(index).update(from: other.row(index), count: columns) }
    }

    package func fill(_ value: Float) {
        for index in 0..<rows { row(index).update(repeating: value, count: columns) }
    }
}
