/// A view of rows of floats: [rows, columns], row-major, `stride` floats from row to row.
///
/// It does not own its memory: whoever makes it keeps the `TensorBuffer` alive.
package struct Tensor {
    /// First element of the first row.
    package let baseAddress: UnsafeMutablePointer<Float>
    /// Rows of the view.
    package let rows: Int
    /// Elements of a row that belong to the view.
    package let columns: Int
    /// Elements from the start of one row to the start of the next; more than `columns` where the view is a part of wider rows.
    package let stride: Int

    /// A view of memory that somebody else keeps alive.
    ///
    /// - Parameter stride: elements from row to row; nil for rows that touch.
    package init(_ baseAddress: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
        self.baseAddress = baseAddress
        self.rows = rows
        self.columns = columns
        self.stride = stride ?? columns
    }

    /// Number of floats from the first row to the last, of rows that touch; others are a precondition's failure.
    package var contiguousCount: Int {
        precondition(stride == columns, "rows of the tensor do not touch")
        return rows * columns
    }

    /// First element of a row. The index is not checked.
    package func row(_ index: Int) -> UnsafeMutablePointer<Float> { baseAddress + index * stride }

    /// A view of some of the rows.
    package subscript(_ range: Range<Int>) -> Tensor {
        Tensor(baseAddress + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
    }

    /// A view of some of the columns, with the same stride.
    package func columns(_ range: Range<Int>) -> Tensor {
        Tensor(baseAddress + range.lowerBound, rows: rows, columns: range.count, stride: stride)
    }

    /// Overwrites all elements with those of a tensor of the same shape.
    package func copy(from other: Tensor) {
        precondition(rows == other.rows && columns == other.columns, "shapes differ")
        for index in 0..<rows { row(index).update(from: other.row(index), count: columns) }
    }

    /// Overwrites all elements with one value.
    package func fill(_ value: Float) {
        for index in 0..<rows { row(index).update(repeating: value, count: columns) }
    }
}
